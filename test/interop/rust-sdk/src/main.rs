// Calls GetCallerIdentity with the default credential chain of the AWS SDK for Rust, at the endpoint
// that AWS_ENDPOINT_URL names, and prints the caller as JSON. It prints no credentials.
use aws_config::BehaviorVersion;
use aws_smithy_http_client::Builder;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let config = aws_config::defaults(BehaviorVersion::latest())
        .http_client(Builder::new().build_http())
        .load()
        .await;
    let caller = aws_sdk_sts::Client::new(&config).get_caller_identity().send().await?;
    println!(
        r#"{{"account":"{}","arn":"{}"}}"#,
        caller.account().unwrap_or_default(),
        caller.arn().unwrap_or_default(),
    );
    Ok(())
}
