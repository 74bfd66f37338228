"""The store: one DynamoDB table. Domains name what they keep; only this package knows how it is kept."""
