"""What is measured of a network: accuracies, dead and inactive units, dW, and when."""
