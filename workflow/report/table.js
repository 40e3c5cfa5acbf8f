// A table that is sorted by the column whose heading is pressed; pressed again, the other way round.
"use strict";

const body = document.querySelector("tbody");
const inOrder = new Intl.Collator("en", { numeric: true });

/** Numbers by their value, text by the alphabet; what is empty comes last in either direction. */
function compare(a, b, direction) {
  if (a === "" || b === "") return (a === "") - (b === "");
  const difference = Number(a) - Number(b);
  return direction * (Number.isNaN(difference) ? inOrder.compare(a, b) : difference);
}

document.querySelectorAll("thead th").forEach((heading, column) => {
  const button = document.createElement("button");
  button.textContent = heading.textContent;
  heading.replaceChildren(button);
  button.addEventListener("click", () => {
    const direction = heading.getAttribute("aria-sort") === "ascending" ? -1 : 1;
    for (const other of document.querySelectorAll("thead th")) other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", direction > 0 ? "ascending" : "descending");
    const rows = [...body.rows].map((row) => [row.cells[column].textContent, row]);
    body.append(...rows.sort(([a], [b]) => compare(a, b, direction)).map(([, row]) => row));
  });
});
