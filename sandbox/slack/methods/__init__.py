"""The Web API by subject: each class has the methods of one, by their names."""
