// Calls GetCallerIdentity with the AWS SDK for Go, at the endpoint that AWS_ENDPOINT_URL names, and
// prints the caller as JSON. It prints no credentials.
//
//	go-sdk            with the default credential chain
//	go-sdk PROFILE…   with each profile in one process; a line for each, with the caller or the error
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

func main() {
	ctx := context.Background()
	lines := json.NewEncoder(os.Stdout)
	if len(os.Args) == 1 {
		caller, err := call(ctx)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		lines.Encode(caller)
	}
	for _, profile := range os.Args[1:] {
		caller, err := call(ctx, config.WithSharedConfigProfile(profile))
		if err != nil {
			caller = map[string]string{"error": err.Error()}
		}
		lines.Encode(caller)
	}
}

func call(ctx context.Context, options ...func(*config.LoadOptions) error) (map[string]string, error) {
	loaded, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return nil, err
	}
	caller, err := sts.NewFromConfig(loaded).GetCallerIdentity(ctx, nil)
	if err != nil {
		return nil, err
	}
	return map[string]string{
		"account": aws.ToString(caller.Account),
		"arn":     aws.ToString(caller.Arn),
	}, nil
}
