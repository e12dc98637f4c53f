"""What is wrong with a data set: rules over its rows, each with the rows that show it."""
