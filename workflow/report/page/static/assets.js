// Loads the files beside the page. A page that is opened from disk may load data only as scripts.
"use strict";

/** Add a script to the page; resolves to its element once it has run. */
function loadScript(address) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = address;
    script.onload = () => resolve(script);
    script.onerror = () => reject(new Error(`${address} is missing`));
    document.head.append(script);
  });
}

/** The text in a data script; `write_data_script` of assets.py writes them. */
async function loadData(address) {
  if (!window.DecompressionStream) {
    throw new Error("the browser is too old; Chrome 80, Firefox 113, Safari 16.4 and later browsers can show it");
  }
  const script = await loadScript(address);
  script.remove();
  const bytes = Uint8Array.from(atob(script.data), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).text();
}

/** Say in `element` why it cannot be shown. */
function showError(element, error) {
  element.setAttribute("aria-busy", "false");
  element.querySelector("[role=alert]").textContent = `This cannot be shown: ${error.message}.`;
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
