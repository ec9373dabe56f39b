//! Bodies with wrong types: the spans that the macro gives to the last statement decide where the error points.
//@ edition: 2024
//@ library: tokio
//@ macros: tokio_macros
//@ count: 8

#[tokio::main]
async fn returned() -> Result<(), String> {
    return Ok(5);
}

#[tokio::main]
async fn last() -> u8 {
    let text = "text";
    text
}

#[tokio::main]
async fn nothing() -> u8 {
    let _ = 1;
}

#[tokio::main]
async fn undefined() {
    missing().await;
}

async fn select() {
    tokio::select! {
        a = async { 1 } => a,
        b = async { 2 } => "b",
    }
}

fn main() {}
