/** Styles by their names in node:util. */
export type Style =
  | 'bold'
  | 'dim'
  | 'red'
  | 'green'
  | 'yellow'
  | 'blue'
  | 'magenta'
  | 'cyan'
  | 'greenBright'
  | 'yellowBright'
  | 'blueBright'
  | 'magentaBright'
  | 'cyanBright';

/** Puts a style around text, or leaves it plain where colours don't belong. */
export type Paint = (style: Style, text: string) => string;
