//! What the program fails on by a fault of its own, through every door: it is kept, its sender goes on, and so do all others.

use std::net::{SocketAddr, UdpSocket};

use super::{
    ingest::{counts, json, records},
    listeners::{listener, until},
    *,
};
use crate::{
    config::ListenerProtocol,
    domain::{FileState, ProblemKind, Quarantined},
    usecase::ingest::poison::SABOTAGE,
};

fn pieces(pages: &Pages) -> Vec<Quarantined> {
    pages.runtime.block_on(pages.services.store.list_quarantine_page(None, None, 10)).unwrap()
}

/// Many exchanges, and one in the middle on which reading fails.
fn large() -> String {
    let poison = format!(
        "=> BarsScheduler at 5/8/2016 7:17:10 AM: from 10.7.73.12;\nInput = {{\"text\":\"{}\",\"message_id\":\"P\"}}\n<= BarsScheduler at 5/8/2016 7:17:10 AM: to 10.7.73.12\nOutput = {{\"status\":\"OK\",\"message_id\":\"P\"}}\n",
        SABOTAGE[0]
    );
    records(0..8000, true, true) + &poison + &records(8000..16_000, true, true)
}

#[test]
fn a_large_post_is_kept_whole_is_acknowledged_and_is_read_again_on_its_page() {
    let pages = Pages::empty(|_| ());
    let (key, body) = (pages.key("K01"), large());
    assert!(body.len() > 2 << 20);
    let first = counts(&pages.send(&key, &[], body.as_bytes()));
    let [received, new, _, _, quarantined, ..] = first;
    assert_eq!((received, quarantined), (new, 1), "{first:?}");
    // What came before it is there, but for what was in hand.
    assert_eq!(pages.n_logs("branch = K01") as i64, new);
    let again = counts(&pages.send(&key, &[], body.as_bytes()));
    assert_eq!((again[1], again[4]), (0, 1), "{again:?}");
    let kept = pieces(&pages);
    let [piece] = kept.as_slice() else { panic!("{kept:?}") };
    assert_eq!((piece.kind, piece.size_bytes), (ProblemKind::ProgramFault, body.len() as i64));
    assert!(body.as_bytes().starts_with(&piece.raw.bytes));
    let file = pages.runtime.block_on(pages.services.store.find_log_file(&piece.log_file_id)).unwrap().unwrap();
    assert_eq!((file.state, file.size_bytes), (FileState::Failed, body.len() as i64));
    let analyst = pages.sign_in("analyst", Role::ExpertAnalyst, &[]);
    for (path, text) in [
        (format!("/quarantine/{}", piece.id), "kept as it came"),
        (format!("/files/{}", file.id), "the program failed"),
        (format!("/files/{}/reprocess", file.id), "/reprocess"),
    ] {
        let page = pages.get(&analyst, &path);
        assert!(page.status == 200 && page.body.contains(text), "{path} {}", page.body);
    }
    // Others go on.
    assert_eq!(counts(&pages.send(&key, &[], records(20_000..20_001, true, true).as_bytes()))[1], 1);
}

#[test]
fn a_large_post_that_could_be_kept_nowhere_stays_with_its_sender() {
    let pages = Pages::empty(|config| config.raw.keep_days = 0);
    let answer = pages.send(&pages.key("K01"), &[], large().as_bytes());
    assert_eq!((answer.status, json(&answer)["code"].clone()), (503, "unavailable".into()));
    assert_eq!(pieces(&pages), []);
}

#[test]
fn what_cannot_be_unwrapped_is_read_as_it_came() {
    let pages = Pages::empty(|_| ());
    let body = format!("{{\"time\":\"2024-01-01T00:00:00Z\",\"message\":\"{}\"}}\n", SABOTAGE[1]);
    let sent = pages.send(&pages.key("K01"), &[("Content-Type", "application/json")], body.as_bytes());
    assert_eq!(counts(&sent)[1], 1);
}

#[test]
fn a_shipment_is_kept_and_taken() {
    let pages = Pages::empty(|_| ());
    let bearer = format!("Bearer {}", pages.key("K01"));
    let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
    let body = |text: &str| {
        serde_json::json!({ "streams": [{ "stream": { "job": "a" }, "values": [["1500000000000000000", text]] }] }).to_string()
    };
    for _ in 0..2 {
        for (path, taken) in [("/loki/api/v1/push", 204), ("/v1/logs", 200), ("/_bulk", 200), ("/gelf", 202)] {
            let request = http::request("POST", path, &headers, body(SABOTAGE[1]).as_bytes());
            let answer = http::exchange(&pages.address, &request);
            assert_eq!(answer.status, taken, "{path} {}", answer.body);
        }
    }
    let kept = pieces(&pages);
    let [piece] = kept.as_slice() else { panic!("{kept:?}") };
    assert_eq!((piece.kind, piece.raw.bytes.as_slice()), (ProblemKind::Undecoded, body(SABOTAGE[1]).as_bytes()));
    let good = http::exchange(&pages.address, &http::request("POST", "/loki/api/v1/push", &headers, body("well").as_bytes()));
    assert_eq!((good.status, pages.n_logs("branch = K01")), (204, 1));
    // Nobody takes it for what it is not.
    let analyst = pages.sign_in("analyst", Role::ExpertAnalyst, &[]);
    let replayed = pages.post(&analyst, &format!("/quarantine/{}/replay", piece.id), &[("csrf", CSRF)]);
    assert_eq!(replayed.header("Location"), format!("/quarantine/{}?done=unreadable", piece.id));
    assert_eq!((pieces(&pages).len(), pages.n_logs("branch = K01")), (1, 1));
}

#[test]
fn a_message_is_kept_and_those_beside_it_are_written() {
    let pages = Pages::empty(|config| config.listeners = vec![listener(ListenerProtocol::GelfUdp, &[])]);
    let socket = UdpSocket::bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    let message = |text: &str| format!("{{\"short_message\":\"{text}\",\"host\":\"h\"}}");
    for text in ["one", SABOTAGE[1], "two", SABOTAGE[0], "three"] {
        socket.send_to(message(text).as_bytes(), pages.listeners[0]).unwrap();
    }
    // What came after it in the same text is kept with it.
    until("each of them is written or kept", || {
        let kept: String = pieces(&pages).iter().map(|piece| String::from_utf8_lossy(&piece.raw.bytes).into_owned()).collect();
        let n_kept = ["one", "two", "three"].iter().filter(|text| kept.contains(**text)).count();
        SABOTAGE.iter().all(|text| kept.contains(text)) && pages.n_logs("") + n_kept >= 3
    });
}
