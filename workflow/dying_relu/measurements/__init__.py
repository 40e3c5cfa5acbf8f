"""What is measured in a network, and when: accuracies, dead and inactive units, dW."""
