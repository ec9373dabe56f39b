//! Draws the results: one panel for each comparison, with horizontal bars.

use std::path::Path;

use anyhow::{Result, anyhow};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::report::Bar;

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

const WIDTH: i32 = 960;
/// Room for the bars' labels, left of them.
const LEFT: i32 = 190;
/// Room for the numbers, right of the longest bar.
const RIGHT: i32 = 90;
const ROW: i32 = 22;
/// Between groups of bars.
const GAP: i32 = 8;
/// Above the first bar: the panel's title.
const TITLE: i32 = 44;
/// Below the last bar: the axis, and the legend of a stacked panel.
const AXIS: i32 = 22;
const LEGEND: i32 = 26;

/// Colours that can be told apart by everybody (Okabe and Ito).
const COLOURS: [RGBColor; 7] = [
    RGBColor(0, 114, 178),
    RGBColor(230, 159, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(86, 180, 233),
    RGBColor(213, 94, 0),
    RGBColor(120, 120, 120),
];

/// The bars under one title.
struct Panel<'a> {
    title: &'a str,
    bars: Vec<&'a Bar>,
    /// What the colours stand for.
    series: Vec<&'a str>,
}

/// One line of a panel: a bar, or steps that make up one.
struct Line<'a> {
    label: String,
    bars: Vec<&'a Bar>,
    /// Distance from the panel's top, in pixels.
    top: i32,
}

/// Draws `bars` into the SVG file `path`.
pub fn write(bars: &[&Bar], path: &Path) -> Result<()> {
    let mut panels: Vec<Panel<'_>> = Vec::new();
    for &bar in bars {
        match panels.iter_mut().find(|panel| panel.title == bar.panel) {
            Some(panel) => panel.bars.push(bar),
            None => panels.push(Panel { title: &bar.panel, bars: vec![bar], series: Vec::new() }),
        }
    }
    // What is compared has the same colour in every panel; steps have colours of their own.
    let compared: Vec<&Bar> = bars.iter().copied().filter(|bar| !bar.is_step).collect();
    for panel in &mut panels {
        panel.series = series(if panel.is_stacked() { &panel.bars } else { &compared });
    }
    let height: i32 = panels.iter().map(Panel::height).sum();
    draw(&panels, path, height.max(1)).map_err(|error| anyhow!("cannot draw `{}`: {error}", path.display()))
}

fn draw(panels: &[Panel<'_>], path: &Path, height: i32) -> std::result::Result<(), Box<dyn std::error::Error>> {
    let root = SVGBackend::new(path, (WIDTH as u32, height as u32)).into_drawing_area();
    root.fill(&WHITE)?;
    let mut top = 0;
    for panel in panels {
        panel.draw(&root.clone().shrink((0, top), (WIDTH as u32, panel.height() as u32)))?;
        top += panel.height();
    }
    root.present()?;
    Ok(())
}

impl<'a> Panel<'a> {
    /// Steps that add up are stacked; what is compared stands side by side.
    fn is_stacked(&self) -> bool {
        self.bars.iter().any(|bar| bar.is_step)
    }

    fn lines(&self) -> Vec<Line<'a>> {
        let mut lines: Vec<Line<'a>> = Vec::new();
        let mut top = TITLE;
        let mut group = None;
        for &bar in &self.bars {
            let label = if self.is_stacked() { bar.group.clone() } else { format!("{} {}", bar.group, bar.series) };
            if let Some(line) = lines.iter_mut().find(|line| line.label == label) {
                line.bars.push(bar);
                continue;
            }
            if !self.is_stacked() && group.replace(&bar.group).is_some_and(|before| *before != bar.group) {
                top += GAP;
            }
            lines.push(Line { label, bars: vec![bar], top });
            top += ROW;
        }
        lines
    }

    /// Below the last bar.
    fn bottom(&self) -> i32 {
        self.lines().last().map_or(TITLE, |line| line.top + ROW)
    }

    fn height(&self) -> i32 {
        self.bottom() + AXIS + if self.is_stacked() { LEGEND } else { 0 }
    }

    fn draw(&self, area: &Area<'_>) -> std::result::Result<(), Box<dyn std::error::Error>> {
        let text = |size| ("sans-serif", size).into_font().color(&BLACK);
        let lines = self.lines();
        let longest = lines.iter().map(Line::total).fold(0.0, f64::max);
        let width = f64::from(WIDTH - LEFT - RIGHT);
        let x = |value: f64| LEFT + (value / longest * width).round() as i32;
        let bottom = self.bottom();

        area.draw(&Text::new(self.title.to_owned(), (16, 16), text(17)))?;
        let step = step(longest);
        for tick in 0.. {
            let value = step * f64::from(tick);
            if value > longest * 1.0001 {
                break;
            }
            area.draw(&PathElement::new([(x(value), TITLE - 4), (x(value), bottom)], RGBColor(225, 225, 225)))?;
            let label = text(12).pos(Pos::new(HPos::Center, VPos::Top));
            area.draw(&Text::new(number(value), (x(value), bottom + 4), label))?;
        }
        for line in &lines {
            let (top, middle) = (line.top, line.top + ROW / 2);
            let label = text(13).pos(Pos::new(HPos::Right, VPos::Center));
            area.draw(&Text::new(line.label.trim().to_owned(), (LEFT - 8, middle), label))?;
            let mut start = 0.0;
            for bar in &line.bars {
                let index = self.series.iter().position(|name| *name == bar.series).unwrap_or(0);
                let colour = COLOURS[index % COLOURS.len()].filled();
                let corners = [(x(start), top + 3), (x(start + bar.value), top + ROW - 3)];
                area.draw(&Rectangle::new(corners, colour))?;
                start += bar.value;
            }
            let label = text(13).pos(Pos::new(HPos::Left, VPos::Center));
            area.draw(&Text::new(number(line.total()), (x(line.total()) + 6, middle), label))?;
        }
        if self.is_stacked() {
            let mut left = LEFT;
            for (name, colour) in self.series.iter().zip(COLOURS.iter().cycle()) {
                let top = bottom + AXIS + 4;
                area.draw(&Rectangle::new([(left, top), (left + 12, top + 12)], colour.filled()))?;
                let label = text(13).pos(Pos::new(HPos::Left, VPos::Center));
                area.draw(&Text::new((*name).to_owned(), (left + 17, top + 6), label))?;
                left += 34 + 7 * name.chars().count() as i32;
            }
        }
        Ok(())
    }
}

/// The different series of `bars`, in their order.
fn series<'a>(bars: &[&'a Bar]) -> Vec<&'a str> {
    let mut series = Vec::new();
    for bar in bars {
        if !series.contains(&bar.series.as_str()) {
            series.push(bar.series.as_str());
        }
    }
    series
}

impl Line<'_> {
    fn total(&self) -> f64 {
        self.bars.iter().map(|bar| bar.value).sum()
    }
}

/// A round distance between ticks, for about six of them.
fn step(longest: f64) -> f64 {
    let raw = longest.max(1e-9) / 6.0;
    let power = 10f64.powf(raw.log10().floor());
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|factor| factor * power).find(|step| *step >= raw).unwrap_or(raw)
}

/// Three digits, more or less.
fn number(value: f64) -> String {
    match value {
        0.0 => "0".to_owned(),
        value if value < 10.0 => format!("{value:.2}"),
        value if value < 100.0 => format!("{value:.1}"),
        value => format!("{value:.0}"),
    }
}
