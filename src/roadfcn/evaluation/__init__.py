"""A predictor and a data set to scores."""
