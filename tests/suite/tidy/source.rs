//! One Rust file as the tidy rules see it: code with strings and comments blanked, the comments
//! apart, and which lines only tests compile.
//!
//! Owns just enough of Rust's grammar to never mistake a word in a string or a comment for code.
//! Refuses to know the rules.

use std::collections::BTreeSet;

/// A piece of code: an identifier or number, `::`, or one other character.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Counted from 0.
    pub line: usize,
    pub text: String,
}

impl Token {
    pub fn is(&self, text: &str) -> bool {
        self.text == text
    }

    pub fn is_word(&self) -> bool {
        self.text.starts_with(|c: char| c.is_alphabetic() || c == '_')
    }
}

/// One file, taken apart. All lines are counted from 0.
#[derive(Debug)]
pub struct Source {
    /// Relative to the root of the repository, with `/`.
    pub path: String,
    pub raw: Vec<String>,
    /// Each line without comments; what strings and characters hold is blank.
    pub code: Vec<String>,
    /// The comments of each line, with their slashes.
    pub comments: Vec<String>,
    pub tokens: Vec<Token>,
    /// The lines that only tests compile.
    pub test_lines: BTreeSet<usize>,
    /// Files and folders (without `.rs`) that `#[cfg(test)] mod x;` declares: tests as a whole.
    pub test_modules: Vec<String>,
}

impl Source {
    pub fn parse(path: &str, text: &str) -> Source {
        let (code, comments) = blank(text);
        let tokens = tokenize(&code);
        let raw = text.split('\n').map(str::to_owned).collect();
        let (test_lines, test_modules) = (BTreeSet::new(), Vec::new());
        let mut source = Source { path: path.into(), raw, code, comments, tokens, test_lines, test_modules };
        source.find_tests();
        source
    }

    pub fn lines(&self) -> usize {
        self.raw.len() - usize::from(self.raw.last().is_some_and(String::is_empty))
    }

    pub fn is_test(&self, line: usize) -> bool {
        self.test_lines.contains(&line)
    }

    pub fn mark_all_as_test(&mut self) {
        self.test_lines = (0..self.raw.len()).collect();
    }

    /// The modules that the file is, from the root of its crate: `src/kernel/axes.rs` is
    /// `kernel::axes`; `src/lib.rs` is nothing.
    pub fn modules(&self) -> Vec<String> {
        let path = self.path.trim_end_matches(".rs");
        let path = path.trim_start_matches("python/");
        let mut parts: Vec<String> = path.split('/').skip(1).map(str::to_owned).collect();
        if matches!(parts.last().map(String::as_str), Some("mod" | "lib" | "main")) {
            parts.pop();
        }
        parts
    }

    fn find_tests(&mut self) {
        let mut at = 0;
        while at < self.tokens.len() {
            let inner = self.tokens.get(at + 1).is_some_and(|t| t.is("!"));
            let open = at + 1 + usize::from(inner);
            if !(self.tokens[at].is("#") && self.tokens.get(open).is_some_and(|t| t.is("["))) {
                at += 1;
                continue;
            }
            let close = closing(&self.tokens, open);
            if !says_test(&self.tokens[open..=close]) {
                at = close + 1;
            } else if inner {
                self.mark_all_as_test();
                return;
            } else {
                let end = item_end(&self.tokens, close + 1);
                self.test_lines.extend(self.tokens[at].line..=self.tokens[end].line);
                self.declare_test_module(at, end);
                at = end + 1;
            }
        }
    }

    /// Notes the files of `mod name;`, where the item is one.
    fn declare_test_module(&mut self, from: usize, end: usize) {
        let item = &self.tokens[from..=end];
        let Some(i) = item.iter().position(|t| t.is("mod")) else { return };
        if !item.get(i + 2).is_some_and(|t| t.is(";")) {
            return;
        }
        let lines = &self.raw[item[0].line..=item[item.len() - 1].line];
        let renamed = lines.iter().find_map(|l| l.split_once("path = \"")?.1.split_once('"'));
        let folder = self.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        // Only `mod.rs`, `lib.rs` and `main.rs` hold modules of their own folder; a path always does.
        let here = match self.path.rsplit('/').next() {
            Some("mod.rs" | "lib.rs" | "main.rs") => folder,
            _ if renamed.is_some() => folder,
            _ => self.path.trim_end_matches(".rs"),
        };
        let name = renamed.map_or(item[i + 1].text.as_str(), |(file, _)| file.trim_end_matches(".rs"));
        self.test_modules.push(format!("{here}/{name}"));
    }
}

/// True for `#[test]`, `#[cfg(test)]` and `#[cfg(all(test, …))]`: what a plain build never sees.
fn says_test(attribute: &[Token]) -> bool {
    let words: Vec<&str> =
        attribute.iter().map(|t| t.text.as_str()).filter(|t| t.starts_with(char::is_alphabetic)).collect();
    match words.as_slice() {
        ["test"] | ["cfg", "test"] => true,
        ["cfg", "all", rest @ ..] => rest.contains(&"test") && !rest.contains(&"not") && !rest.contains(&"any"),
        _ => false,
    }
}

/// The last token of the item that starts at `from`, its further attributes included.
fn item_end(tokens: &[Token], from: usize) -> usize {
    let mut at = from;
    while at < tokens.len() {
        match tokens[at].text.as_str() {
            "(" | "[" => at = closing(tokens, at),
            "{" => return closing(tokens, at),
            ";" | "," => return at,
            // The parent closes: the item was its last field or expression.
            "}" => return at - 1,
            _ => {}
        }
        at += 1;
    }
    tokens.len() - 1
}

/// The token that closes the bracket at `open`; the last one where nothing does.
pub fn closing(tokens: &[Token], open: usize) -> usize {
    let mut depth = 0usize;
    for (i, t) in tokens.iter().enumerate().skip(open) {
        match t.text.as_str() {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth = depth.saturating_sub(1),
            _ => continue,
        }
        if depth == 0 {
            return i;
        }
    }
    tokens.len() - 1
}

fn tokenize(code: &[String]) -> Vec<Token> {
    let mut tokens = Vec::new();
    for (line, text) in code.iter().enumerate() {
        let chars: Vec<char> = text.chars().collect();
        let mut at = 0;
        while at < chars.len() {
            let from = at;
            let is_word = |c: char| c.is_alphanumeric() || c == '_';
            if is_word(chars[at]) {
                while at < chars.len() && is_word(chars[at]) {
                    at += 1;
                }
            } else {
                at += if chars[at..].starts_with(&[':', ':']) { 2 } else { 1 };
            }
            if !chars[from].is_whitespace() {
                tokens.push(Token { line, text: chars[from..at].iter().collect() });
            }
        }
    }
    tokens
}

/// Splits a text into lines of code and lines of comments.
fn blank(text: &str) -> (Vec<String>, Vec<String>) {
    let mut split =
        Split { chars: text.chars().collect(), at: 0, code: vec![String::new()], comments: vec![String::new()] };
    split.run();
    (split.code, split.comments)
}

struct Split {
    chars: Vec<char>,
    at: usize,
    code: Vec<String>,
    comments: Vec<String>,
}

impl Split {
    fn run(&mut self) {
        while self.at < self.chars.len() {
            if self.sees("//") {
                while self.at < self.chars.len() && self.chars[self.at] != '\n' {
                    self.take_comment();
                }
            } else if self.sees("/*") {
                self.block_comment();
            } else if let Some(hashes) = self.raw_string() {
                self.until_quote(Some(hashes));
            } else if self.sees("\"") {
                self.take_code();
                self.until_quote(None);
            } else if self.sees("'") && self.is_character() {
                self.character();
            } else {
                self.take_code();
            }
        }
    }

    fn sees(&self, text: &str) -> bool {
        text.chars().enumerate().all(|(i, c)| self.chars.get(self.at + i) == Some(&c))
    }

    fn new_line(&mut self) {
        self.code.push(String::new());
        self.comments.push(String::new());
    }

    fn take_code(&mut self) {
        match self.chars[self.at] {
            '\n' => self.new_line(),
            c => self.code.last_mut().unwrap().push(c),
        }
        self.at += 1;
    }

    fn take_blank(&mut self) {
        match self.chars.get(self.at) {
            Some('\n') => self.new_line(),
            _ => self.code.last_mut().unwrap().push(' '),
        }
        self.at += 1;
    }

    fn take_comment(&mut self) {
        match self.chars[self.at] {
            '\n' => self.new_line(),
            c => self.comments.last_mut().unwrap().push(c),
        }
        self.at += 1;
    }

    fn block_comment(&mut self) {
        let mut depth = 0;
        while self.at < self.chars.len() {
            if self.sees("/*") {
                depth += 1;
                self.take_comment();
            } else if self.sees("*/") {
                depth -= 1;
                self.take_comment();
            }
            self.take_comment();
            if depth == 0 {
                break;
            }
        }
    }

    /// Takes the opening of a raw string (`r"`, `br#"`, …) and gives its hashes.
    fn raw_string(&mut self) -> Option<usize> {
        let before = self.at.checked_sub(1).map(|i| self.chars[i]);
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
            return None;
        }
        let prefix =
            ["r", "br", "cr"].into_iter().find(|p| self.sees(&format!("{p}\"")) || self.sees(&format!("{p}#")))?;
        let hashes = self.chars[self.at + prefix.len()..].iter().take_while(|c| **c == '#').count();
        // `r#name` is an identifier.
        if self.chars.get(self.at + prefix.len() + hashes) != Some(&'"') {
            return None;
        }
        (0..=prefix.len() + hashes).for_each(|_| self.take_code());
        Some(hashes)
    }

    /// Blanks a string up to its closing quote: followed by its hashes where it is raw, not
    /// escaped where it is not.
    fn until_quote(&mut self, hashes: Option<usize>) {
        let end = format!("\"{}", "#".repeat(hashes.unwrap_or(0)));
        while self.at < self.chars.len() {
            if self.sees(&end) {
                return (0..end.len()).for_each(|_| self.take_code());
            }
            if hashes.is_none() && self.sees("\\") {
                self.take_blank();
            }
            self.take_blank();
        }
    }

    /// A quote opens a character, and not a lifetime or a label, if it is escaped or closed again.
    fn is_character(&self) -> bool {
        self.chars.get(self.at + 1) == Some(&'\\') || self.chars.get(self.at + 2) == Some(&'\'')
    }

    fn character(&mut self) {
        self.take_code();
        if self.sees("\\") {
            self.take_blank();
        }
        self.take_blank();
        while self.at < self.chars.len() && !self.sees("'") {
            self.take_blank();
        }
        if self.at < self.chars.len() {
            self.take_code();
        }
    }
}
