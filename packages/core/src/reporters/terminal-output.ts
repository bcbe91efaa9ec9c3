/** Where a run is shown. `process.stdout` is one; its size is asked for at each redraw. */
export interface TerminalOutput {
  write(text: string): unknown;
  /** Whether lines can be redrawn. @default false: each change on a line of its own, without any control code */
  readonly isTTY?: boolean | undefined;
  /** @default 80 */
  readonly columns?: number | undefined;
  /** @default 24 */
  readonly rows?: number | undefined;
}
