"""What a learner can show: certificates with an unguessable code, a signed document, a page to check it, a paper."""
