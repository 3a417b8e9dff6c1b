"""Line charts as SVG, one panel below the other, with nothing but the standard library."""

WIDTH, HEIGHT, LEFT, GAP = 720, 130, 60, 46


def panel(top, xs, ys, title):
    high = max(max(ys), 1) * 1.05
    span = max(xs[-1], 1)
    points = " ".join(f"{LEFT + x / span * (WIDTH - LEFT - 20):.1f},{top + HEIGHT * (1 - y / high):.1f}" for x, y in zip(xs, ys))
    lines = [f'<text x="{LEFT}" y="{top - 8}">{title}</text>']
    for share in (0, 0.5, 1):
        y = top + HEIGHT * (1 - share)
        lines.append(f'<path d="M{LEFT} {y:.1f}H{WIDTH - 20}" stroke="#ddd"/>')
        lines.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{high * share:.0f}</text>')
    lines.append(f'<polyline points="{points}" fill="none" stroke="#1f5fa8" stroke-width="1.5"/>')
    return lines


def write_plot(path, samples, series):
    """`series`: pairs of key and title; the x axis is `seconds`."""
    xs = [entry["seconds"] for entry in samples]
    total = len(series) * (HEIGHT + GAP) + 40
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{total}" font-family="sans-serif" font-size="12">',
           '<rect width="100%" height="100%" fill="white"/>']
    for number, (key, title) in enumerate(series):
        out += panel(28 + number * (HEIGHT + GAP), xs, [entry[key] for entry in samples], title)
    out.append(f'<text x="{WIDTH - 20}" y="{total - 14}" text-anchor="end">0 to {xs[-1] / 60:.0f} minutes</text></svg>')
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(out) + "\n")
