// Draws the charts of a report from the JSON beside it. Reads nothing else, asks nobody.
(() => {
  'use strict';
  const data = JSON.parse(document.getElementById('data').textContent);
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const charts = [];

  const clock = (s) => {
    const whole = Math.round(s), two = (n) => String(n).padStart(2, '0');
    const text = two(Math.floor(whole / 60) % 60) + ':' + two(whole % 60);
    return whole >= 3600 ? Math.floor(whole / 3600) + ':' + text : text;
  };
  const count = (v) => v == null ? '–' : v >= 1e6 ? +(v / 1e6).toPrecision(3) + ' M' : v >= 1e4 ? +(v / 1e3).toPrecision(3) + ' k' : String(+v.toPrecision(3));
  const ms = (v) => v == null ? '–' : v < 1 ? +(v * 1000).toPrecision(3) + ' µs' : v < 1000 ? +v.toPrecision(3) + ' ms' : +(v / 1000).toPrecision(3) + ' s';
  const percent = (v) => v == null ? '–' : +v.toPrecision(3) + ' %';
  const megabytes = (v) => v == null ? '–' : v >= 1000 ? +(v / 1000).toPrecision(3) + ' GB' : +v.toPrecision(3) + ' MB';

  // Text that stays readable on whatever is drawn below it.
  const label = (ctx, text, x, y, color) => {
    const size = 12 * devicePixelRatio;
    ctx.save();
    ctx.textBaseline = 'bottom';
    ctx.globalAlpha = 0.85; ctx.fillStyle = css('--card');
    ctx.fillRect(x - 2, y - size, ctx.measureText(text).width + 4, size + 1);
    ctx.globalAlpha = 1; ctx.fillStyle = css(color);
    ctx.fillText(text, x, y);
    ctx.restore();
  };

  // Phases as bands with their names, storms hatched, limits as dashed lines.
  const backdrop = (options) => (u) => {
    const {ctx, bbox} = u, ratio = devicePixelRatio;
    const x = (s) => Math.min(bbox.left + bbox.width, Math.max(bbox.left, u.valToPos(s, 'x', true)));
    ctx.save();
    ctx.font = 11 * ratio + 'px system-ui, sans-serif';
    ctx.textBaseline = 'bottom';
    data.phases.forEach((phase, i) => {
      const from = x(phase.start), to = x(phase.end);
      if (i % 2 === 0) { ctx.fillStyle = css('--band'); ctx.fillRect(from, bbox.top, to - from, bbox.height); }
      if (options.names && to - from > ctx.measureText(phase.name).width + 8 * ratio) {
        ctx.fillStyle = css('--quiet');
        ctx.fillText(phase.name, from + 2 * ratio, bbox.top - 4 * ratio);
      }
    });
    data.markers.forEach((marker) => {
      const from = x(marker.start), to = Math.max(from + 2 * ratio, x(marker.end));
      if (marker.end < u.scales.x.min || marker.start > u.scales.x.max) return;
      ctx.save();
      ctx.beginPath(); ctx.rect(from, bbox.top, to - from, bbox.height); ctx.clip();
      ctx.strokeStyle = css('--inconclusive'); ctx.globalAlpha = 0.45; ctx.lineWidth = ratio;
      for (let at = from - bbox.height; at < to; at += 9 * ratio) {
        ctx.beginPath(); ctx.moveTo(at, bbox.top + bbox.height); ctx.lineTo(at + bbox.height, bbox.top); ctx.stroke();
      }
      ctx.restore();
      if (options.names) label(ctx, marker.name, from + 2 * ratio, bbox.top + 16 * ratio, '--inconclusive');
    });
    (options.limits || []).forEach((limit) => {
      const y = u.valToPos(limit.bound_ms, 'y', true);
      if (!(y >= bbox.top && y <= bbox.top + bbox.height)) return;
      ctx.strokeStyle = css(limit.crossed ? '--fail' : '--pass'); ctx.setLineDash([6 * ratio, 4 * ratio]); ctx.lineWidth = 1.5 * ratio;
      const from = limit.start == null ? bbox.left : x(limit.start), to = limit.end == null ? bbox.left + bbox.width : x(limit.end);
      ctx.beginPath(); ctx.moveTo(from, y); ctx.lineTo(to, y); ctx.stroke(); ctx.setLineDash([]);
      label(ctx, limit.label, from + 4 * ratio, y - 3 * ratio, limit.crossed ? '--fail' : '--pass');
    });
    ctx.restore();
  };

  const axis = (format, extra) => Object.assign({
    stroke: css('--quiet'), grid: {stroke: css('--grid'), width: 1}, ticks: {stroke: css('--grid'), width: 1}, font: '12px system-ui, sans-serif',
    values: (u, marks) => marks.map((v) => v == null ? '' : format(v)), size: 58}, extra);
  const times = axis(clock, {space: 70, size: 32});
  const line = (label, color, format, extra) => Object.assign({label, stroke: css(color), width: 1.5, points: {show: false}, spanGaps: false,
    value: (u, v) => format(v)}, extra);

  // One chart; `lines` as uPlot's series, `values` as its columns. Nothing to draw leaves a sentence.
  const draw = (id, lines, values, format, options = {}) => {
    const place = typeof id === 'string' ? document.getElementById(id) : id;
    if (!place) return;
    const some = values.some((column) => column.some((v) => v != null && v !== 0));
    if (!some || !values[0].length) {
      place.style.minHeight = '0';
      place.textContent = options.empty || 'Nothing was measured.';
      place.className += ' quiet';
      return;
    }
    const x = options.x || data.t;
    const log = options.log;
    const scaleY = log ? {distr: 3, log: 10} : {range: (u, low, high) => [0, Math.max(high || 0, options.least || 1) * 1.08]};
    const make = () => new uPlot({
      width: Math.max(200, place.clientWidth), height: options.height || 240, legend: {show: options.legend !== false, markers: {dash: (u, i) => { const d = u.series[i].dash; return !d ? 'solid' : d[0] < 4 ? 'dotted' : 'dashed'; }}},
      padding: [options.names ? 20 : 8, options.axes ? 0 : 22, 0, 0],
      cursor: {sync: options.x ? undefined : {key: 'time'}, y: false},
      scales: Object.assign({x: options.scaleX || {time: false}, y: scaleY}, options.scales),
      axes: [options.axisX || times, axis(format, options.small ? {size: 56, space: 30} : {})].concat(options.axes || []),
      series: [{label: options.xLabel || 'at', value: (u, v) => v == null ? '–' : (options.xFormat || clock)(v)}].concat(lines),
      bands: options.bands, hooks: {drawClear: options.x ? [] : [backdrop(options)]},
    }, [x].concat(values), place);
    let chart = make();
    charts.push({place, resize: () => chart.setSize({width: Math.max(200, place.clientWidth), height: options.height || 240}),
      again: () => { chart.destroy(); place.textContent = ''; }});
  };

  const stacked = () => {
    const names = Object.keys(data.out), colors = {mqtt: '--c1', coap: '--c2', http: '--c3'};
    const sums = data.t.map(() => 0), columns = [], lines = [], bands = [];
    names.forEach((name) => {
      columns.unshift(data.out[name].map((v, i) => sums[i] += v || 0));
      lines.unshift(line(name.toUpperCase(), colors[name] || '--c4', count, {fill: css(colors[name] || '--c4') + '33',
        value: (u, v, s, i) => count(i == null ? null : data.out[name][i])}));
    });
    for (let i = 1; i < names.length; ++i) bands.push({series: [i, i + 1]});
    columns.push(data.acknowledged); lines.push(line('acknowledged', '--ink', count, {dash: [5, 4]}));
    if (data.arrived.some((v) => v)) { columns.push(data.arrived); lines.push(line('arrived (sample)', '--c4', count, {dash: [2, 3]})); }
    draw('chart-throughput', lines, columns, count, {names: true, bands});
  };

  const latencies = () => {
    const l = data.latency;
    const at = (name, color, extra) => line(name, color, ms, extra);
    draw('chart-latency', [at('p50', '--c3'), at('p99', '--c2', {width: 2}), at('p99.9', '--c1', {dash: [5, 3]}), at('max', '--c5', {width: 1, dash: [1, 2]})],
      [l.p50, l.p99, l.p999, l.max], ms, {log: true, limits: data.limits, names: true, height: 280});
  };

  const percentiles = () => {
    const colors = ['--c1', '--c4'];
    const lines = data.percentiles.map((p, i) => line(p.name, colors[i % 2], ms, {width: 2, dash: i ? [5, 3] : undefined}));
    if (!lines.length) return draw('chart-percentiles', [], [[]], ms);
    const marks = data.percentiles[0].at.map((p) => -Math.log10(Math.max(1e-5, 1 - p / 100)));
    const show = (v) => +(100 - 100 / Math.pow(10, v)).toPrecision(6) + ' %';
    draw('chart-percentiles', lines, data.percentiles.map((p) => p.ms), ms, {x: marks, log: true, height: 200, small: true, xLabel: 'percentile', xFormat: show,
      scaleX: {time: false}, axisX: axis((v) => +(100 - 100 / Math.pow(10, v)).toPrecision(6), {size: 32, splits: () => [50, 90, 99, 99.9, 99.99, 99.999].map((p) => -Math.log10(1 - p / 100)), space: 20})});
  };

  const sectors = () => {
    const place = document.getElementById('multiples');
    place.textContent = '';
    data.sectors.forEach((sector) => {
      const figure = document.createElement('figure'), caption = document.createElement('figcaption');
      const name = document.createElement('b'), tail = document.createElement('span'), chart = document.createElement('div');
      name.textContent = sector.name;
      tail.textContent = count(sector.total) + ' sent · p99 ' + ms(sector.p99_all) + (sector.errors ? ' · ' + count(sector.errors) + ' errors' : '');
      chart.className = 'chart small';
      chart.style.minHeight = '120px';
      chart.setAttribute('role', 'img');
      chart.setAttribute('aria-label', sector.name + ': messages per second and p99');
      caption.append(name, tail);
      figure.append(caption, chart);
      place.append(figure);
      draw(chart, [line('per s', '--c1', count, {fill: css('--c1') + '26'}), line('p99', '--c2', ms, {scale: 'ms', dash: [4, 3]})], [sector.out, sector.p99], count,
        {height: 130, small: true, legend: false, scales: {ms: {distr: 3, log: 10}}, axes: [axis(ms, {scale: 'ms', side: 1, size: 62, grid: {show: false}, space: 30})]});
    });
  };

  const all = () => {
    stacked();
    latencies();
    draw('chart-things', [line('planned', '--c5', count, {dash: [6, 4]}), line('connected', '--c3', count, {width: 2, fill: css('--c3') + '22'}), line('dark', '--c4', count, {dash: [2, 3]}),
      line('reconnecting', '--c2', count, {dash: [5, 3]})], [data.planned, data.connected, data.dark, data.reconnecting], count, {names: true, empty: 'No connections were counted.'});
    draw('chart-errors', [line('errors', '--c6', count, {fill: css('--c6') + '26'})], [data.errors], count, {height: 200, small: true, empty: 'None.'});
    percentiles();
    sectors();
    draw('chart-self', [line('cpu', '--c1', percent), line('lag', '--c2', ms, {scale: 'ms', dash: [4, 3]})], [data.cpu, data.lag], percent, {height: 200, small: true, least: 100,
      scales: {ms: {range: (u, low, high) => [0, Math.max(1, high || 0) * 1.1]}}, axes: [axis(ms, {scale: 'ms', side: 1, grid: {show: false}})], empty: 'The generator told nothing of itself.'});
    draw('chart-late', [line('late', '--c6', count), line('memory', '--c3', megabytes, {scale: 'mb', dash: [4, 3]})], [data.late, data.memory], count, {height: 200, small: true,
      scales: {mb: {range: (u, low, high) => [0, Math.max(1, high || 0) * 1.1]}}, axes: [axis(megabytes, {scale: 'mb', side: 1, grid: {show: false}})], empty: 'Never late.'});
  };

  const redraw = () => { charts.splice(0).forEach((chart) => chart.again()); all(); };
  document.getElementById('no-charts').remove();
  all();
  let width = innerWidth;
  addEventListener('resize', () => { if (innerWidth !== width) { width = innerWidth; charts.forEach((chart) => chart.resize()); } });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw);
  document.documentElement.dataset.drawn = String(charts.length);
})();
