"""dW as pictures: frames, videos, and the sprites of the page's player."""
