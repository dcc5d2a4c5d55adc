// A file that is read by ranges, and what reading costs.

/** What one call has cost. */
export interface Traffic {
  /** Requests that were made. */
  requests: number;
  /** Bytes that arrived. */
  bytes: number;
  /** How often the call had to wait for answers before it could go on. */
  rounds: number;
}

/** A file. */
export interface Source {
  readonly name: string;
  /** Of this machine: to read often costs little. */
  readonly local?: boolean;
  /** Length of the file where it is known. */
  readonly length: number | undefined;
  /** At most `length` bytes from `offset` on; fewer where the file ends. */
  read(
    offset: number,
    length: number,
    signal: AbortSignal | undefined,
    traffic: Traffic,
  ): Promise<Uint8Array>;
  /** Whatever was known of the file is forgotten: it has changed. */
  forget(): void;
  /** Nothing more will be read. */
  close?(): void;
}
