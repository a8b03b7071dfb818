/*
 * The viewer of runs, as the browser runs it: takes what the filters say and draws the questions that pass them, a page at a
 * time. What a run says enters the document as text only.
 */
(() => {
  const PAGE = 50;
  const MARKS = { right: '✓', partly: '◐', wrong: '✗', unknown: '?' };

  const byId = id => document.getElementById(id);
  const { images, questions, facets, columns, several, textAt, gradeOf, changes, rowsWith, meanOf, factsOf } =
    globalThis.viewed;
  const number = new Intl.NumberFormat('en');
  const form = byId('filters');
  const [head, body] = [byId('questions').tHead, byId('questions').tBodies[0]];

  /** Places of the questions that pass the filters, in order; the page shown; the chosen one's place in `found`. */
  let found = [];
  let page = 0;
  let chosen = 0;
  const hidden = new Set();

  function element(tag, properties = {}, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(properties))
      if (name in made) made[name] = value;
      else made.setAttribute(name, value);
    made.append(...children);
    return made;
  }

  // --- an answer

  function gradeMark(score) {
    const grade = gradeOf(score);
    const text = grade === 'partly' ? `${MARKS.partly} ${score.toFixed(2)}` : MARKS[grade];
    return element('span', { className: `mark ${grade}`, role: 'img', 'aria-label': grade }, text);
  }

  /** The answer as it was generated; an empty one, and none, are said in words. */
  function answerIn({ output }, row) {
    const text = textAt(output[row]);
    if (text.trim() !== '') return element('bdi', {}, text);
    return element('i', {}, output[row] < 0 ? 'not asked' : 'empty');
  }

  const reply = (column, row) =>
    element('div', { className: 'reply' }, gradeMark(column.score[row]), ' ', answerIn(column, row));

  // --- filters

  const compared = () => ['from', 'to'].map(id => columns[Number(byId(id)?.value ?? 0)]);

  function applyFilters() {
    const before = found[chosen];
    const picked = [...form.querySelectorAll('[data-facet]')].filter(({ value }) => value !== '');
    const wanted = picked.map(({ dataset, value }) => [Number(dataset.facet), Number(value)]);
    const asked = rowsWith(byId('text').value, wanted);
    const [a, b] = compared();
    for (const option of byId('change').options) {
      const rows = asked.filter(row => changes[option.value](a, b, row));
      option.textContent = `${option.dataset.label} (${number.format(rows.length)})`;
      if (option.selected) found = rows;
    }
    byId('count').textContent =
      `${number.format(found.length)} of ${number.format(questions.id.length)} questions`;
    show(Math.max(0, found.indexOf(before)));
  }

  // --- the list

  const shownColumns = () => columns.filter((_, i) => !hidden.has(i));

  function drawHead() {
    const [a, b] = compared();
    const cells = shownColumns().map(column => {
      const percent = meanOf(column, found);
      const mean = percent === undefined ? '–' : `${percent.toFixed(2)} %`;
      const letter = a === b ? '' : column === a ? 'A' : column === b ? 'B' : '';
      return element(
        'th',
        { scope: 'col', role: 'columnheader', className: 'answer' },
        ...(letter ? [element('b', { className: 'letter' }, letter)] : []),
        ...(several ? [element('span', { className: 'run' }, column.run)] : []),
        element('span', {}, column.condition),
        element('span', { className: 'mean', title: 'mean score of the questions listed' }, mean),
      );
    });
    const named = ['Image', 'Question', 'Target'].map(name =>
      element('th', { scope: 'col', role: 'columnheader', className: name.toLowerCase() }, name),
    );
    head.replaceChildren(element('tr', { role: 'row' }, ...named, ...cells));
  }

  /** Says how many columns of answers the list's edges hide, and how they come into sight. */
  function tellOutOfSight() {
    const list = byId('list');
    const edges = list.getBoundingClientRect();
    const cells = [...head.querySelectorAll('.answer')];
    const outside = cells
      .map(cell => cell.getBoundingClientRect())
      .filter(({ left, right }) => right > edges.right + 1 || left < edges.left - 1).length;
    byId('outside').textContent =
      outside === 0 || list.scrollWidth <= list.clientWidth + 1
        ? ''
        : `${outside} of ${cells.length} columns of answers are out of sight: scroll the list sideways, or choose columns`;
  }

  function picture(row) {
    const image = questions.image[row];
    const source = byId(`image-${image}`)?.textContent;
    const alt = `image ${textAt(images[image])}`;
    return source
      ? element('img', { src: source, alt, decoding: 'async' })
      : element('span', { className: 'absent', title: `${alt} is not shown` }, '∅');
  }

  function rowOf(row, place) {
    const cell = (className, ...children) => element('td', { className, role: 'cell' }, ...children);
    const told = facets.filter(({ options }) => options.length > 0).map(({ values }) => textAt(values[row]));
    const answers = shownColumns().map(column => {
      const made = cell('answer', reply(column, row));
      made.dataset.column = several ? `${column.run}, ${column.condition}` : column.condition;
      return made;
    });
    const made = element(
      'tr',
      { role: 'row', tabIndex: -1 },
      cell('image', picture(row)),
      cell(
        'question',
        element('bdi', {}, textAt(questions.text[row])),
        element('small', {}, told.filter(text => text !== '').join(' · ')),
      ),
      cell('target', element('bdi', {}, textAt(questions.target[row]))),
      ...answers,
    );
    made.dataset.place = place;
    return made;
  }

  function drawPage() {
    const start = page * PAGE;
    const rows = found.slice(start, start + PAGE);
    body.replaceChildren(...rows.map((row, i) => rowOf(row, start + i)));
    const last = Math.max(0, Math.ceil(found.length / PAGE) - 1);
    byId('range').textContent =
      rows.length === 0
        ? 'none'
        : `${number.format(start + 1)}–${number.format(start + rows.length)} of ${number.format(found.length)}`;
    byId('first').disabled = byId('previous').disabled = page === 0;
    byId('next').disabled = byId('last').disabled = page >= last;
  }

  // --- the chosen question

  function drawDetail(row) {
    const answers = columns.map((column, i) => {
      const notes = [];
      const [output, answer] = [textAt(column.output[row]), textAt(column.answer[row])];
      if (answer !== output && answer !== '') notes.push(`read as “${answer}”`);
      if (column.margin[row] !== null) notes.push(`margin ${column.margin[row]}`);
      const run = several && columns[i - 1]?.run !== column.run;
      return element(
        'li',
        {},
        ...(run ? [element('span', { className: 'run' }, column.run)] : []),
        element('span', { className: 'condition' }, column.condition),
        reply(column, row),
        element('small', {}, notes.join(', ')),
      );
    });
    const close = element('button', { type: 'button', className: 'close', title: 'Close' }, '×');
    close.addEventListener('click', () => byId('detail').classList.remove('open'));
    byId('detail').replaceChildren(
      close,
      element('div', { className: 'picture' }, picture(row)),
      element('h2', {}, element('bdi', {}, textAt(questions.text[row]))),
      element('ul', {}, ...answers),
      element(
        'dl',
        {},
        ...factsOf(row).flatMap(([name, text]) => [element('dt', {}, name), element('dd', {}, text)]),
      ),
    );
  }

  const clamp = place => Math.max(0, Math.min(place, found.length - 1));

  /** Draws the list anew, at the question that is in this place of it. */
  function show(place) {
    chosen = clamp(place);
    page = Math.floor(chosen / PAGE);
    drawHead();
    drawPage();
    markChosen();
    tellOutOfSight();
  }

  /** Goes to the question in this place of the list, and to its page. */
  function moveTo(place) {
    chosen = clamp(place);
    const turned = page !== Math.floor(chosen / PAGE);
    page = Math.floor(chosen / PAGE);
    if (turned) drawPage();
    markChosen()?.focus();
  }

  /** Shows the chosen question's details; gives its row. */
  function markChosen() {
    for (const row of body.rows) {
      const is = Number(row.dataset.place) === chosen;
      row.tabIndex = is ? 0 : -1;
      row.setAttribute('aria-current', String(is));
    }
    byId('detail').hidden = found.length === 0;
    if (found.length > 0) drawDetail(found[chosen]);
    return body.rows[chosen - page * PAGE];
  }

  // --- what people do

  form.addEventListener('input', applyFilters);
  form.addEventListener('submit', event => event.preventDefault());
  // A form's fields have their first values only after this event.
  form.addEventListener('reset', () => setTimeout(applyFilters));
  byId('columns')?.addEventListener('input', ({ target }) => {
    if (target.checked) hidden.delete(Number(target.value));
    else hidden.add(Number(target.value));
    show(chosen);
  });
  const pages = {
    first: () => 0,
    previous: () => page - 1,
    next: () => page + 1,
    last: () => Math.floor((found.length - 1) / PAGE),
  };
  for (const [id, target] of Object.entries(pages))
    byId(id).addEventListener('click', () => show(target() * PAGE));
  body.addEventListener('click', ({ target }) => {
    moveTo(Number(target.closest('tr').dataset.place));
    byId('detail').classList.add('open');
  });

  const moves = {
    ArrowDown: () => chosen + 1,
    j: () => chosen + 1,
    ArrowUp: () => chosen - 1,
    k: () => chosen - 1,
    PageDown: () => chosen + PAGE,
    PageUp: () => chosen - PAGE,
    Home: () => 0,
    End: () => found.length - 1,
  };
  document.addEventListener('keydown', event => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = event.target.closest('input, select, summary, button');
    if (event.key === 'Escape') {
      byId('detail').classList.remove('open');
      moveTo(chosen);
    } else if (!typing && event.key === '/') byId('text').select();
    else if (!typing && Object.hasOwn(moves, event.key)) moveTo(moves[event.key]());
    else return;
    event.preventDefault();
  });

  byId('list').addEventListener('scroll', tellOutOfSight);
  window.addEventListener('resize', tellOutOfSight);

  applyFilters();
  // The images come after this script: the first page is drawn again when they are there.
  document.addEventListener('DOMContentLoaded', () => {
    drawPage();
    markChosen();
    tellOutOfSight();
  });
})();
