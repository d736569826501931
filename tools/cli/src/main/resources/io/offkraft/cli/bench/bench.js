"use strict";
// Charts out of the document in the page; without this script, the tables say the same.
(() => {
  const report = JSON.parse(document.getElementById("data").textContent);
  document.documentElement.classList.add("scripted");
  const style = getComputedStyle(document.documentElement);
  const color = name => style.getPropertyValue(name).trim();
  Chart.defaults.color = color("--soft");
  Chart.defaults.borderColor = color("--line");
  Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
  Chart.defaults.font.size = 11;
  Chart.defaults.animation = false;
  Chart.defaults.maintainAspectRatio = false;

  const colors = {
    "offkraft": "#1f6feb", "offkraft-high": "#79b0ff", "glibc": "#8a94a6", "jemalloc": "#d98200", "mimalloc": "#b455c8",
    "netty-pooled": "#12875a", "netty-adaptive": "#57c08f", "ffm-confined": "#c9473a", "ffm-shared": "#c9473a",
    "offkraft-confined": "#1f6feb", "offkraft-confined-raw": "#79b0ff", "offkraft-shared": "#1f6feb",
    "offkraft-shared-raw": "#79b0ff", "pages-low": "#1f6feb", "pages-high": "#79b0ff", "pages-high-bare": "#8fa3d9",
    "mmap": "#8a94a6",
  };
  const colorOf = allocator => colors[allocator] || "#888888";
  const distinct = values => [...new Set(values)];
  const short = value => value >= 1000
    ? value.toLocaleString("en", {maximumFractionDigits: 0}) : value.toLocaleString("en", {maximumSignificantDigits: 3});

  // A figure with a caption and a canvas of a height; returns the canvas.
  function frame(parent, title, note, height) {
    const figure = parent.appendChild(document.createElement("figure"));
    const caption = figure.appendChild(document.createElement("figcaption"));
    caption.append(title + " ");
    caption.appendChild(document.createElement("span")).append(note);
    const box = figure.appendChild(document.createElement("div"));
    box.className = "frame";
    box.style.height = height + "px";
    return box.appendChild(document.createElement("canvas"));
  }

  // Writes each bar's number behind its end.
  const numbers = {
    id: "numbers",
    afterDatasetsDraw(chart) {
      const context = chart.ctx;
      context.save();
      context.fillStyle = color("--text");
      context.font = "11px " + Chart.defaults.font.family;
      context.textBaseline = "middle";
      chart.data.datasets.forEach((set, index) => chart.getDatasetMeta(index).data.forEach((bar, at) => {
        const value = set.data[at];
        if (value !== null && value !== undefined) {
          context.fillText(short(value), Math.max(bar.x, bar.base) + 4, bar.y);
        }
      }));
      context.restore();
    },
  };

  // One chart a workload: a bar an allocator and number of threads.
  function bars(place, figures) {
    for (const workload of distinct(figures.map(figure => figure.workload))) {
      const here = figures.filter(figure => figure.workload === workload);
      const allocators = distinct(here.map(figure => figure.allocator));
      const threads = distinct(here.map(figure => figure.threads));
      const cell = (allocator, count) => here.find(f => f.allocator === allocator && f.threads === count);
      const values = here.map(figure => figure.nanosPerBlock.median);
      const wide = Math.max(...values) / Math.min(...values) > 30;
      new Chart(frame(place, workload, here[0].description, 34 + allocators.length * (threads.length * 13 + 7)), {
        type: "bar",
        plugins: [numbers],
        data: {
          labels: allocators,
          datasets: threads.map((count, index) => ({
            label: count + (count === 1 ? " thread" : " threads"),
            data: allocators.map(allocator => cell(allocator, count)?.nanosPerBlock.median ?? null),
            backgroundColor: allocators.map(allocator => colorOf(allocator) + (index % 2 === 0 ? "" : "99")),
            barPercentage: 0.92,
            categoryPercentage: 0.84,
          })),
        },
        options: {
          indexAxis: "y",
          layout: {padding: {right: 34}},
          scales: {
            x: {type: wide ? "logarithmic" : "linear", beginAtZero: !wide, title: {display: true, text: wide ? "ns, logarithmic" : "ns"},
              ticks: {maxTicksLimit: 6, callback: value => short(Number(value))}},
            y: {grid: {display: false}, ticks: {autoSkip: false}},
          },
          plugins: {
            legend: {display: false},
            tooltip: {callbacks: {label: item => {
              const figure = cell(allocators[item.dataIndex], threads[item.datasetIndex]);
              const spread = figure.nanosPerBlock;
              const ratio = figure.ratio === null ? "" : ", " + figure.ratio.toFixed(2) + " ×";
              return `${item.dataset.label}: ${short(spread.median)} ns (${short(spread.lowerQuartile)} to ${short(spread.upperQuartile)})${ratio}`;
            }}},
          },
        },
      });
    }
  }

  // One chart a workload: a line an allocator, over threads.
  function lines(place, figures) {
    for (const workload of distinct(figures.map(figure => figure.workload))) {
      const here = figures.filter(figure => figure.workload === workload);
      const threads = distinct(here.map(figure => figure.threads)).sort((a, b) => a - b);
      new Chart(frame(place, workload, "million blocks a second, all threads together", 300), {
        type: "line",
        data: {
          labels: threads,
          datasets: distinct(here.map(figure => figure.allocator)).map(allocator => ({
            label: allocator,
            data: threads.map(count => {
              const figure = here.find(f => f.allocator === allocator && f.threads === count);
              return figure ? 1000 / figure.nanosPerBlock.median : null;
            }),
            borderColor: colorOf(allocator),
            backgroundColor: colorOf(allocator),
            borderWidth: 2,
            pointRadius: 3,
            tension: 0,
          })),
        },
        options: {
          interaction: {mode: "index", intersect: false},
          scales: {
            x: {title: {display: true, text: "threads"}},
            y: {beginAtZero: true, title: {display: true, text: "million blocks/s"}},
          },
          plugins: {tooltip: {callbacks: {label: item => `${item.dataset.label}: ${short(item.parsed.y)} million/s`}}},
        },
      });
    }
  }

  // One chart: a bar a peer and section, the geometric mean of its ratios.
  function summary(place) {
    const rows = [];
    for (const section of distinct(report.figures.map(figure => figure.section))) {
      const figures = report.figures.filter(figure => figure.section === section && figure.ratio !== null);
      for (const allocator of distinct(figures.map(figure => figure.allocator))) {
        const logs = figures.filter(figure => figure.allocator === allocator).map(figure => Math.log(figure.ratio));
        const mean = Math.exp(logs.reduce((sum, log) => sum + log, 0) / logs.length);
        if (figures.some(figure => figure.allocator === allocator && figure.ratio !== 1)) {
          rows.push({name: `${section}: ${allocator}`, allocator, mean});
        }
      }
    }
    if (rows.length === 0) {
      return;
    }
    new Chart(frame(place, "", "", 40 + rows.length * 20), {
      type: "bar",
      plugins: [numbers],
      data: {
        labels: rows.map(row => row.name),
        datasets: [{data: rows.map(row => row.mean), backgroundColor: rows.map(row => colorOf(row.allocator)), base: 1, barPercentage: 0.8}],
      },
      options: {
        indexAxis: "y",
        layout: {padding: {right: 40}},
        scales: {
          x: {type: "logarithmic", title: {display: true, text: "time over Offkraft's, logarithmic"},
            grid: {color: line => line.tick.value === 1 ? color("--text") : color("--line")},
            ticks: {callback: value => [0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000].includes(value) ? value + " ×" : null}},
          y: {grid: {display: false}, ticks: {autoSkip: false}},
        },
        plugins: {legend: {display: false}, tooltip: {callbacks: {label: item => item.raw.toFixed(2) + " ×"}}},
      },
    });
  }

  for (const place of document.querySelectorAll("[data-chart]")) {
    const figures = report.figures.filter(figure => figure.section === place.dataset.section);
    switch (place.dataset.chart) {
      case "bars": bars(place, figures); break;
      case "lines": lines(place, figures); break;
      case "summary": summary(place); break;
    }
  }
})();
