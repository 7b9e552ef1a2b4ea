//! A table in plain text.

use super::number::align;

/// Columns with a heading each, filled row by row.
#[derive(Debug, Default)]
pub struct Table {
    columns: Vec<(String, Vec<String>)>,
    /// Rows after which some were left out.
    gap: Option<usize>,
    rows: usize,
}

impl Table {
    /// An empty table with these headings.
    pub fn new(headings: impl IntoIterator<Item = String>) -> Table {
        Table { columns: headings.into_iter().map(|h| (h, Vec::new())).collect(), ..Table::default() }
    }

    /// Adds a row with one text for each column.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.columns.iter_mut().zip(cells).for_each(|((_, column), cell)| column.push(cell));
        self.rows += 1;
    }

    /// Shows that rows are left out here.
    pub fn gap(&mut self) {
        self.gap = Some(self.rows);
    }

    /// The headings, and below them the rows, numbers aligned at their points.
    pub fn text(&self) -> String {
        let mut lines = vec![String::new(); self.rows + 1];
        for (i, (heading, cells)) in self.columns.iter().enumerate() {
            let cells = align(cells);
            let width = cells.first().map_or(0, |c| c.chars().count()).max(heading.chars().count());
            for (line, cell) in lines.iter_mut().zip([heading].into_iter().chain(&cells)) {
                let pad = " ".repeat(width - cell.chars().count() + if i == 0 { 0 } else { 2 });
                line.push_str(&format!("{pad}{cell}"));
            }
        }
        let mut out = String::new();
        for (i, line) in lines.iter().enumerate() {
            if self.gap.is_some_and(|after| i == after + 1) {
                out.push_str("…\n");
            }
            out.push_str(line.trim_end());
            out.push('\n');
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_they_need() {
        let mut table = Table::new(["c", "mean"].map(String::from));
        table.row(["0", "1.5"].map(String::from));
        table.gap();
        table.row(["1235", "-20.25"].map(String::from));
        assert_eq!(table.text(), "   c    mean\n   0    1.5\n…\n1235  -20.25\n");
    }
}
