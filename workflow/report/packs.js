// Data that lies beside the page as scripts, since a page opened from disk may load nothing else.
"use strict";

const packs = {};

function pack(name, data) {
  packs[name] = data;
}

/** Put a script into the page, and wait until it has run. */
function script(source) {
  return new Promise((resolve, reject) => {
    const element = document.createElement("script");
    element.src = source;
    element.onload = resolve;
    element.onerror = () => reject(new Error(`${source} is missing`));
    document.head.append(element);
  });
}

/** The text that `<name>.pack.js` holds. */
async function unpack(name) {
  await script(`media/${encodeURIComponent(name)}.pack.js`);
  const bytes = Uint8Array.from(atob(packs[name]), (letter) => letter.charCodeAt(0));
  delete packs[name];
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).text();
}

/** Call `start` once, when `element` is nearly in view. */
function whenNear(element, start) {
  const observer = new IntersectionObserver((entries) => {
    if (entries.some((entry) => entry.isIntersecting)) {
      observer.disconnect();
      start();
    }
  }, { rootMargin: "600px" });
  observer.observe(element);
}
