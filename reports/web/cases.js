// Filters the table of cases and opens what a link points at. Reads nothing but the page itself.
(() => {
  'use strict';
  const form = document.getElementById('filter'), find = document.getElementById('find'), shown = document.getElementById('shown');
  const rows = [...document.querySelectorAll('#case-table tbody tr')].map((row) => ({row, status: row.className, text: (row.textContent + ' ' + row.dataset.group).toLowerCase()}));
  const boxes = [...form.querySelectorAll('input[type=checkbox]')];

  const apply = () => {
    const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    const wanted = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
    let count = 0;
    rows.forEach(({row, status, text}) => {
      const good = wanted.has(status) && words.every((word) => text.includes(word));
      row.hidden = !good;
      count += good ? 1 : 0;
    });
    shown.textContent = count === rows.length ? '' : count + ' of ' + rows.length + ' cases';
  };

  // A link to a case that is folded opens it.
  const unfold = () => {
    const place = location.hash && document.getElementById(location.hash.slice(1));
    const fold = place && place.querySelector('details');
    if (fold) { fold.open = true; place.scrollIntoView(); }
  };
  addEventListener('hashchange', unfold);
  unfold();

  form.hidden = false;
  form.addEventListener('input', apply);
  form.addEventListener('submit', (event) => event.preventDefault());
  addEventListener('beforeprint', () => document.querySelectorAll('details').forEach((one) => { one.open = true; }));
  document.documentElement.dataset.drawn = String(rows.length);
})();
