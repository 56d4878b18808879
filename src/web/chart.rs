//! Charts: numbers in, the geometry of an inline SVG out. `templates/chart.html` draws it, escaped like any page, with a title, a
//! description, a legend and a table of the same numbers behind it; a page imports that file and calls its macro `draw`.
//!
//! The drawing is 1000 wide and 100 high and is stretched to its place; all text stands outside of it, so that it stays readable on a
//! narrow screen. Slots may link somewhere (a narrower time range): in the drawing for the mouse, in the table for the keyboard.

use super::session::Frame;

/// Width of the drawing.
const WIDTH: f64 = 1000.0;
/// Slots that are named one by one; of more, only the first and the last are.
const MAX_NAMED: usize = 8;
/// Height of the drawing.
const HEIGHT: f64 = 100.0;

/// A place on the horizontal axis.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Slot {
    /// What stands there, such as a day.
    pub(super) label: String,
    /// Where a click leads.
    pub(super) link: Option<String>,
}

/// One row of numbers, a number a slot. One that is not finite is a gap.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Series {
    /// Its name in the legend and the table.
    pub(super) name: String,
    /// Its colour: `s-normal`, `s-known`, `s-unknown`, `s-half`, `s-plain`.
    pub(super) class: &'static str,
    pub(super) values: Vec<f64>,
}

/// How the numbers are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// A bar a slot, series on top of each other.
    Stacked,
    /// A line a series.
    Lines,
}

/// A drawing and the table behind it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Chart {
    /// Unique on its page: the drawing is labelled by it.
    pub(super) id: &'static str,
    pub(super) title: String,
    /// What is shown, for those who do not see the drawing too; may be blank.
    pub(super) about: String,
    /// What the slots are, such as `Day`: the head of the table's first column.
    pub(super) axis: String,
    pub(super) slots: Vec<Slot>,
    pub(super) series: Vec<Series>,
    pub(super) shape: Shape,
    /// Digits behind the point.
    pub(super) decimals: usize,
}

/// A rectangle of a stacked chart.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Bar {
    pub(super) class: &'static str,
    pub(super) x: String,
    pub(super) y: String,
    pub(super) width: String,
    pub(super) height: String,
}

/// A slot with its bars, left to right.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Column<'a> {
    pub(super) slot: &'a Slot,
    pub(super) x: String,
    pub(super) width: String,
    pub(super) bars: Vec<Bar>,
    /// All numbers of the slot in words, for the tooltip.
    pub(super) said: String,
}

impl Chart {
    /// Whether there is anything to draw.
    pub(super) fn is_empty(&self) -> bool {
        self.slots.is_empty() || self.top() <= 0.0
    }

    /// Whether there is room for the name of each slot.
    pub(super) fn names_each(&self) -> bool {
        self.slots.len() <= MAX_NAMED
    }

    /// Whether slots lead somewhere.
    pub(super) fn has_links(&self) -> bool {
        self.slots.iter().any(|slot| slot.link.is_some())
    }

    /// The upper end of the vertical axis; the lower is 0.
    pub(super) fn top(&self) -> f64 {
        let height = |index: usize| {
            let values = self.series.iter().map(|series| value(series, index).unwrap_or_default());
            if self.shape == Shape::Stacked { values.sum() } else { values.fold(0.0, f64::max) }
        };
        (0..self.slots.len()).map(height).fold(0.0, f64::max)
    }

    /// A number as people read it.
    pub(super) fn number(&self, frame: &Frame, number: &f64) -> String {
        if !number.is_finite() {
            return "—".to_owned();
        }
        // Counts are whole and far below the limit of exact conversion.
        if self.decimals == 0 { frame.number(&(number.round() as i64)) } else { format!("{number:.*}", self.decimals) }
    }

    /// The number of a series in a slot, as people read it.
    pub(super) fn cell(&self, frame: &Frame, series: &Series, index: &usize) -> String {
        self.number(frame, series.values.get(*index).unwrap_or(&f64::NAN))
    }

    /// Slots from left to right, with the bars of a stacked chart.
    pub(super) fn columns(&self, frame: &Frame) -> Vec<Column<'_>> {
        let (width, top) = (WIDTH / self.slots.len().max(1) as f64, self.top());
        let gap = (width * 0.12).min(4.0);
        let column = |(index, slot): (usize, &'_ Slot)| {
            let x = width * index as f64;
            let mut from = HEIGHT;
            let mut bars = Vec::new();
            let mut said = vec![slot.label.clone()];
            for series in &self.series {
                said.push(format!("{}: {}", series.name, self.cell(frame, series, &index)));
                let part = value(series, index).unwrap_or_default();
                if self.shape == Shape::Stacked && part > 0.0 && top > 0.0 {
                    let height = HEIGHT * part / top;
                    from -= height;
                    let (x, width) = (short(x + gap / 2.0), short(width - gap));
                    bars.push(Bar { class: series.class, x, y: short(from), width, height: short(height) });
                }
            }
            (x, bars, said.join(" · "))
        };
        let drawn = self.slots.iter().enumerate().map(|item| (item.1, column(item)));
        drawn.map(|(slot, (x, bars, said))| Column { slot, x: short(x), width: short(width), bars, said }).collect()
    }

    /// The lines of a line chart with the names of their colours: points as SVG writes them, a new line after each gap.
    pub(super) fn lines(&self) -> Vec<(&'static str, String)> {
        if self.shape == Shape::Stacked {
            return Vec::new();
        }
        let (width, top) = (WIDTH / self.slots.len().max(1) as f64, self.top().max(f64::MIN_POSITIVE));
        let mut lines = Vec::new();
        for series in &self.series {
            let mut points: Vec<String> = Vec::new();
            for index in 0..=self.slots.len() {
                match value(series, index).filter(|_| index < self.slots.len()) {
                    Some(number) => {
                        // Flat to the ends of the slot, so that a single one is seen too.
                        let (x, y) = (width * index as f64, short(HEIGHT - HEIGHT * number / top));
                        points.extend([format!("{},{y}", short(x + width * 0.3)), format!("{},{y}", short(x + width * 0.7))]);
                    }
                    None if points.is_empty() => {}
                    None => lines.push((series.class, std::mem::take(&mut points).join(" "))),
                }
            }
        }
        lines
    }
}

/// The number of a series in a slot, unless it is a gap; nothing below 0 is drawn.
fn value(series: &Series, index: usize) -> Option<f64> {
    series.values.get(index).filter(|value| value.is_finite()).map(|value| value.max(0.0))
}

/// A coordinate without needless digits.
fn short(number: f64) -> String {
    format!("{}", (number * 100.0).round() / 100.0)
}

#[cfg(test)]
mod tests {
    use askama::Template;

    use super::*;

    #[derive(Template)]
    #[template(source = "{% import \"chart.html\" as c %}{{ c::draw(frame, chart) }}", ext = "html")]
    struct Page {
        frame: Frame,
        chart: Chart,
    }

    fn chart(shape: Shape, rows: &[&[f64]]) -> Chart {
        let slot = |index: usize| Slot { label: format!("<day {index}>"), link: (index == 0).then(|| "/logs?a=1&b=2".to_owned()) };
        let series = |(index, values): (usize, &&[f64])| Series { name: format!("n{index}"), class: "s-known", values: values.to_vec() };
        Chart {
            id: "plot",
            title: "<i>".to_owned(),
            about: String::new(),
            axis: "Day".to_owned(),
            slots: (0..rows.iter().map(|row| row.len()).max().unwrap_or_default()).map(slot).collect(),
            series: rows.iter().enumerate().map(series).collect(),
            shape,
            decimals: 0,
        }
    }

    #[test]
    fn bars_stand_on_each_other_and_the_highest_fills_the_drawing() {
        let chart = chart(Shape::Stacked, &[&[1.0, 4.0], &[1.0, f64::NAN]]);
        let columns = chart.columns(&Frame::default());
        let bars: Vec<_> = columns.iter().flat_map(|column| column.bars.iter().map(|bar| (bar.y.as_str(), bar.height.as_str()))).collect();
        assert_eq!(bars, [("75", "25"), ("50", "25"), ("0", "100")]);
        assert_eq!(columns[1].said, "<day 1> · n0: 4 · n1: —");
    }

    #[test]
    fn a_line_is_broken_by_gaps() {
        let chart = chart(Shape::Lines, &[&[0.0, f64::NAN, 1.0]]);
        assert_eq!(chart.lines(), [("s-known", "100,100 233.33,100".to_owned()), ("s-known", "766.67,0 900,0".to_owned())]);
    }

    #[test]
    fn drawings_escape_what_they_are_told_and_carry_their_table() {
        for shape in [Shape::Stacked, Shape::Lines] {
            let chart = chart(shape, &[&[2.0, 1.0]]);
            let text = Page { frame: Frame::default(), chart }.render().unwrap();
            assert!(text.contains("<table") && text.contains("/logs?a=1&#38;b=2"), "{text}");
            assert!(!text.contains("<i>") && !text.contains("<day"), "{text}");
        }
    }

    #[test]
    fn without_numbers_nothing_is_drawn() {
        for rows in [&[][..], &[&[][..]], &[&[0.0, f64::NAN][..]]] {
            let chart = chart(Shape::Stacked, rows);
            assert!(chart.is_empty());
            assert!(!Page { frame: Frame::default(), chart }.render().unwrap().contains("<svg"));
        }
    }
}
