module github.com/databus23/helm-diff/v3

go 1.21
