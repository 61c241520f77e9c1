"use strict";
(() => {
  const form = document.getElementById("controls");
  const shelves = [...document.querySelectorAll("details.shelf")];
  const openAll = () => { for (const shelf of shelves) shelf.open = true; };
  addEventListener("beforeprint", openAll);
  if (!form) return;
  form.hidden = false;

  // What most of a list are stands on the list, or in the line above it.
  const items = [...document.querySelectorAll(".items > li")];
  const parents = items.map((item) => item.parentElement.closest(".items > li"));
  const sorts = items.map((item) => item.dataset.sort ?? item.parentElement.dataset.sort);
  const total = sorts.filter(Boolean).length;
  const places = items.map((item) => item.closest("details.shelf, section.eyes"));
  const before = shelves.map((shelf) => shelf.open);
  let texts = null;
  const search = document.getElementById("search");
  const found = document.getElementById("found");

  // Read once, and only when somebody searches: a large plan has much text.
  const textOf = (item) => {
    const place = item.closest("details.shelf, section.eyes");
    const head = place ? place.firstElementChild.textContent : "";
    return `${head} ${usualOf(item)} ${item.textContent}`.toLowerCase();
  };
  const usualOf = (item) => {
    const usual = item.parentElement.previousElementSibling;
    if (!usual || !usual.matches(".usual")) return "";
    const text = (element) => element ? element.textContent : "";
    const own = text(item.querySelector(":scope > small")), line = text(item.querySelector(":scope > i"));
    const said = !own || own.startsWith("in ") ? text(usual.querySelector("small")) : "";
    return line[0] === ":" ? `${said} ${text(usual.querySelector("i"))}${line}` : said;
  };

  const show = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const wanted = [...form.querySelectorAll("[name=sort]:checked")].map((box) => box.value);
    const all = !words.length && !wanted.length;
    if (words.length && !texts) texts = items.map(textOf);
    const kept = new Set();
    let count = 0;
    items.forEach((item, index) => {
      const sorted = !wanted.length || wanted.some((sort) => sorts[index].split(" ").includes(sort));
      if (!all && !(sorted && words.every((word) => texts[index].includes(word)))) return;
      if (sorts[index]) count += 1;
      kept.add(item);
      if (parents[index]) kept.add(parents[index]);
    });
    const live = new Set();
    items.forEach((item, index) => { if (kept.has(item)) live.add(places[index]); });
    // Closed first: what is in a closed category is not laid out while its items come and go.
    for (const shelf of shelves) shelf.open = false;
    items.forEach((item) => { if (item.hidden === kept.has(item)) item.hidden = !item.hidden; });
    for (const place of new Set(places)) place.hidden = !live.has(place);
    shelves.forEach((shelf, index) => { shelf.open = all ? before[index] : live.has(shelf); });
    found.textContent = all ? "" : `${count.toLocaleString("en")} of ${total.toLocaleString("en")} shown`;
  };

  let timer = 0;
  search.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(show, 120); });
  form.addEventListener("change", show);
  form.addEventListener("submit", (event) => event.preventDefault());
  document.getElementById("open").addEventListener("click", openAll);
})();
