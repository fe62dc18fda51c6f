"""The methods of the Web API, one class for each subject."""
