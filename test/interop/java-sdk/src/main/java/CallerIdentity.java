import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.services.sts.StsClient;

/**
 * Calls GetCallerIdentity with the default credential chain of the AWS SDK for Java, at the endpoint
 * that AWS_ENDPOINT_URL names, and prints the caller as JSON. It prints no credentials.
 */
public final class CallerIdentity {
    private CallerIdentity() {}

    public static void main(String[] args) {
        try (StsClient sts = StsClient.builder().httpClient(UrlConnectionHttpClient.create()).build()) {
            var caller = sts.getCallerIdentity();
            System.out.printf("{\"account\":\"%s\",\"arn\":\"%s\"}%n", caller.account(), caller.arn());
        }
    }
}
