import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import type { Series } from '../worker/protocol.ts';
import { onColours, readColours } from './colours.ts';
import { type Drawing, dataOf, type Line, optionsOf } from './plot.ts';

const HEIGHT = 220;

/** Draws into a box: anew when the colours or the lines change, to size when the box does. */
export function usePlot(
  series: Series,
  lines: readonly Line[],
  drawing: Drawing,
  onCursor: (index: number | null) => void,
): RefObject<HTMLDivElement | null> {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const newest = useRef(series);
  newest.current = series;
  const names = JSON.stringify(lines);

  useEffect(() => {
    const place = box.current;
    if (place === null) return undefined;
    const draw = () => {
      plot.current?.destroy();
      const size = { width: place.clientWidth, height: HEIGHT };
      const options = optionsOf(drawing, lines, readColours(), size, onCursor);
      plot.current = new uPlot(options, dataOf(newest.current, drawing.kind), place);
    };
    draw();
    const forget = onColours(draw);
    const observer = new ResizeObserver(() => {
      const width = place.clientWidth;
      if (width > 0 && width !== plot.current?.width) plot.current?.setSize({ width, height: HEIGHT });
    });
    observer.observe(place);
    return () => {
      observer.disconnect();
      forget();
      plot.current?.destroy();
      plot.current = undefined;
    };
  }, [names, drawing]);

  useEffect(() => plot.current?.setData(dataOf(series, drawing.kind)), [series]);
  return box;
}
