"""dW as pictures: frames, videos, and sprites for the page's player."""
