// Comlink speaks with what has addEventListener; the ports and workers of Node have on().
import type { Endpoint } from 'comlink';

interface Emitter {
  postMessage(message: unknown, transfer?: readonly never[]): void;
  on(event: 'message', listener: (data: unknown) => void): unknown;
  off(event: 'message', listener: (data: unknown) => void): unknown;
}

export function nodeEndpoint(port: Emitter): Endpoint {
  const listeners = new Map<unknown, (data: unknown) => void>();
  return {
    postMessage: (message, transfer) => port.postMessage(message, transfer as never[] | undefined),
    addEventListener(_, listener) {
      const on = (data: unknown) => {
        const event = { data } as MessageEvent;
        if (typeof listener === 'function') listener(event);
        else listener.handleEvent(event);
      };
      listeners.set(listener, on);
      port.on('message', on);
    },
    removeEventListener(_, listener) {
      const on = listeners.get(listener);
      if (on !== undefined) port.off('message', on);
      listeners.delete(listener);
    },
  };
}
