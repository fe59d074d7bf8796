import { readdirSync, readFileSync } from 'node:fs';
import { pssMiB } from './table.ts';

/** The processes that descend from one, itself among them, as the system has them now. */
export function treeOf(pid: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    const parent = /^\d+$/.test(name) ? parentOf(Number(name)) : undefined;
    if (parent !== undefined) parents.set(Number(name), parent);
  }
  const tree = [pid];
  for (const one of tree) for (const [child, parent] of parents) if (parent === one) tree.push(child);
  return tree;
}

/** The proportional set size of a process and all that descends from it, in MiB. One that ends meanwhile counts nothing. */
export function treePssMiB(pid: number): number {
  let sum = 0;
  for (const one of treeOf(pid)) {
    try {
      sum += pssMiB(one);
    } catch {}
  }
  return sum;
}

function parentOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return undefined;
  }
}
