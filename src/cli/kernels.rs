//! `tilewise kernels`

use super::failure::{Failure, code};
use crate::kernel::{KernelInfo, ParamInfo, nearest, registry};
use serde_json::{Value, json};
use std::io::Write;

#[derive(Debug, clap::Args)]
#[command(after_help = "Example: tilewise kernels gaussian")]
pub struct Args {
    /// One kernel: its parameters, what it means, an example
    name: Option<String>,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

pub fn main(args: &Args) -> Result<u8, Failure> {
    let chosen: Vec<&KernelInfo> = match &args.name {
        None => registry().iter().collect(),
        Some(name) => vec![find(name)?],
    };
    let mut out = std::io::stdout().lock();
    if args.json {
        let list: Vec<Value> = chosen.iter().map(|k| document(k)).collect();
        let all = if args.name.is_some() { list.into_iter().next().unwrap_or(Value::Null) } else { Value::from(list) };
        writeln!(out, "{all:#}")?;
    } else if args.name.is_some() {
        for kernel in chosen {
            write!(out, "{}", explain(kernel))?;
        }
    } else {
        write!(out, "{}", catalogue(&chosen))?;
    }
    Ok(code::DONE)
}

fn find(name: &str) -> Result<&'static KernelInfo, Failure> {
    crate::kernel::find(name).ok_or_else(|| {
        let help = match nearest(name, registry().iter().map(|k| k.name)) {
            Some(near) => format!("did you mean \"{near}\"?"),
            None => "tilewise kernels lists them".to_string(),
        };
        Failure::new(code::USAGE, format!("unknown kernel \"{name}\"\nhelp: {help}"))
    })
}

fn catalogue(kernels: &[&KernelInfo]) -> String {
    let mut out = String::new();
    let mut sorted = kernels.to_vec();
    sorted.sort_by_key(|k| k.family);
    let width = kernels.iter().map(|k| k.name.len()).max().unwrap_or(0).max(14);
    let mut family = None;
    for kernel in sorted {
        if family != Some(kernel.family) {
            let gap = if family.is_some() { "\n" } else { "" };
            out.push_str(&format!("{gap}{}\n", kernel.family.name()));
            family = Some(kernel.family);
        }
        out.push_str(&format!("  {:<width$} {}\n", kernel.name, kernel.summary));
    }
    out.push_str("\ntilewise kernels NAME explains one.\n");
    out
}

fn default_text(param: &ParamInfo) -> String {
    match param.default {
        None => "required".to_string(),
        Some("") => "unset".to_string(),
        Some(text) => format!("default {text}"),
    }
}

fn explain(kernel: &KernelInfo) -> String {
    let mut out = format!("{}: {}\n\n{}\n", kernel.name, kernel.summary, kernel.doc.trim());
    if !kernel.params.is_empty() {
        out.push_str("\nparameters\n");
        let widest = kernel.params.iter().map(|p| p.name.len()).max().unwrap_or(0);
        for p in kernel.params {
            out.push_str(&format!("  {:<widest$}  {}\n", p.name, p.doc));
            out.push_str(&format!("  {:<widest$}  {}; {}\n", "", p.kind.describe(), default_text(p)));
        }
    }
    out.push_str(&format!(
        "\nexample\n{}\n",
        kernel.example.trim().lines().map(|l| format!("  {l}")).collect::<Vec<_>>().join("\n")
    ));
    out
}

fn document(kernel: &KernelInfo) -> Value {
    let params: Vec<Value> = kernel
        .params
        .iter()
        .map(|p| json!({ "name": p.name, "takes": p.kind.describe(), "default": p.default, "doc": p.doc }))
        .collect();
    json!({ "name": kernel.name, "family": kernel.family.name(), "summary": kernel.summary, "doc": kernel.doc.trim(),
        "params": params, "example": kernel.example.trim() })
}
