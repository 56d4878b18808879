//! The tree of statuses.

use std::collections::HashMap;

use actix_web::{HttpResponse, web};
use askama::Template;

use super::{
    error::{PageError, page},
    session::{Frame, Viewer},
};
use crate::{
    domain::{StatusCode, StatusError},
    usecase::Services,
};

/// A status and how deep it stands.
pub(super) struct Node {
    pub(super) status: StatusError,
    pub(super) depth: usize,
    /// Blanks before its title in a list of options.
    pub(super) indent: String,
    /// Known errors with this status.
    pub(super) n_known: usize,
    /// Logs of these.
    pub(super) n_logs: i64,
}

/// The statuses in the order of their tree; those whose parent is missing or in a circle stand as roots.
pub(super) fn tree(statuses: Vec<StatusError>) -> Vec<Node> {
    let mut nodes = Vec::new();
    let mut left = statuses;
    let codes: Vec<StatusCode> = left.iter().map(|status| status.code).collect();
    let is_root = |status: &StatusError| status.parent.is_none_or(|parent| !codes.contains(&parent));
    let mut stack: Vec<(StatusError, usize)> = left.extract_if(.., |status| is_root(status)).map(|status| (status, 0)).collect();
    stack.reverse();
    loop {
        while let Some((status, depth)) = stack.pop() {
            let mut children: Vec<_> =
                left.extract_if(.., |child| child.parent == Some(status.code)).map(|child| (child, depth + 1)).collect();
            children.reverse();
            stack.append(&mut children);
            nodes.push(Node { status, depth, indent: "\u{2003}".repeat(depth), n_known: 0, n_logs: 0 });
        }
        if left.is_empty() {
            return nodes;
        }
        stack.push((left.remove(0), 0));
    }
}

/// The statuses that can be given, in the order of their tree; one that is retired only where it is given already.
pub(super) fn offered(mut statuses: Vec<StatusError>, given: &str) -> Vec<Node> {
    statuses.retain(|status| !status.retired || status.code.to_string() == given);
    tree(statuses)
}

#[derive(Template)]
#[template(path = "statuses.html")]
struct Page {
    frame: Frame,
    nodes: Vec<Node>,
}

/// `GET /statuses`; whoever is signed in.
pub(super) async fn list(viewer: Viewer, services: web::Data<Services>) -> Result<HttpResponse, PageError> {
    let failed = |error| PageError::failed(viewer.frame.clone(), error);
    let store = services.store.as_ref();
    services.knowledge.refresh(store).await.map_err(failed)?;
    let mut nodes = tree(store.list_status_errors().await.map_err(failed)?);
    // Who does not see all branches is not told how much happens at all of them.
    let counts = viewer.reads(&services).count_by_status().await.map_err(failed)?.unwrap_or_default();
    let n_logs: HashMap<Option<StatusCode>, i64> = counts.into_iter().collect();
    let mut n_known: HashMap<Option<StatusCode>, usize> = HashMap::new();
    for code in services.knowledge.select(|entry| entry.status.is_some(), |entry| entry.status) {
        *n_known.entry(code).or_default() += 1;
    }
    for node in &mut nodes {
        let code = Some(node.status.code);
        node.n_known = n_known.get(&code).copied().unwrap_or_default();
        node.n_logs = n_logs.get(&code).copied().unwrap_or_default();
    }
    page(&viewer.frame.clone(), &Page { frame: viewer.frame, nodes })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn children_follow_their_parents_and_circles_do_no_harm() {
        let status = |code, parent: Option<i32>| StatusError { parent: parent.map(StatusCode), ..StatusError::new(StatusCode(code), "") };
        let nodes = tree(vec![
            status(1, None),
            status(2, None),
            status(11, Some(1)),
            status(111, Some(11)),
            status(8, Some(9)),
            status(9, Some(8)),
        ]);
        let order: Vec<_> = nodes.iter().map(|node| (node.status.code.0, node.depth)).collect();
        assert_eq!(order, [(1, 0), (11, 1), (111, 2), (2, 0), (8, 0), (9, 1)]);
    }
}
