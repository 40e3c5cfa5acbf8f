// Sorts the table by the column whose heading is clicked; a second click reverses the order.
"use strict";

const body = document.querySelector("tbody");
const headings = [...document.querySelectorAll("thead th")];
const alphabet = new Intl.Collator("en", { numeric: true });

/** Compares numbers by value and text by alphabet; empty cells come last in either direction. */
function compare(a, b, direction) {
  if (a === "" || b === "") return (a === "") - (b === "");
  const difference = Number(a) - Number(b);
  return direction * (Number.isNaN(difference) ? alphabet.compare(a, b) : difference);
}

headings.forEach((heading, column) => {
  const button = document.createElement("button");
  button.textContent = heading.textContent;
  heading.replaceChildren(button);
  button.addEventListener("click", () => {
    const direction = heading.getAttribute("aria-sort") === "ascending" ? -1 : 1;
    for (const other of headings) other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", direction > 0 ? "ascending" : "descending");
    const text = (row) => row.cells[column].textContent;
    body.append(...[...body.rows].sort((one, other) => compare(text(one), text(other), direction)));
  });
});
