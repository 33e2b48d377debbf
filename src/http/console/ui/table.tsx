/** A list: a table where there is room, cards on a phone, walked through with `j`, `k` and Enter. */
import type { ComponentChildren } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { useKeys } from '../lib/keys.ts';
import { navigate } from '../lib/router.ts';
import { rememberList } from '../lib/visited-list.ts';

export interface Column<T> {
  readonly title: string;
  readonly cell: (row: T) => ComponentChildren;
  readonly isNumber?: boolean;
  /** Takes what is left and may break lines. */
  readonly isWide?: boolean;
}

interface TableProps<T> {
  readonly label: string;
  readonly rows: readonly T[];
  readonly columns: readonly Column<T>[];
  readonly keyOf: (row: T) => string;
  /** Where Enter and a click lead. */
  readonly hrefOf?: (row: T) => string;
}

export function Table<T>({ label, rows, columns, keyOf, hrefOf }: TableProps<T>) {
  const [selected, setSelected] = useState(-1);
  const body = useRef<HTMLTableSectionElement>(null);
  const select = (index: number) => {
    const next = Math.max(0, Math.min(rows.length - 1, index));
    setSelected(next);
    body.current?.rows[next]?.scrollIntoView({ block: 'nearest' });
  };
  const open = (row: T | undefined) => {
    if (row === undefined || hrefOf === undefined) return;
    rememberList(rows.map(hrefOf));
    navigate(hrefOf(row));
  };
  useKeys(
    hrefOf === undefined
      ? {}
      : {
          j: () => select(selected + 1),
          k: () => select(selected - 1),
          Enter: (event) => {
            // On a link or button the key is for that.
            if ((event.target as Element).closest('a,button,summary,input') === null) open(rows[selected]);
          },
        },
  );
  return (
    <div class="table-frame">
      <table aria-label={label}>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.title} scope="col" class={column.isNumber === true ? 'number' : ''}>
                {column.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody ref={body}>
          {rows.map((row, index) => (
            <tr
              key={keyOf(row)}
              class={`${hrefOf === undefined ? '' : 'opens'} ${index === selected ? 'selected' : ''}`}
              onClick={(event) => {
                if ((event.target as Element).closest('a,button,input,label') === null) open(row);
              }}
            >
              {columns.map((column) => (
                <td
                  key={column.title}
                  data-label={column.title}
                  class={`${column.isNumber === true ? 'number' : ''} ${column.isWide === true ? 'wide' : ''}`}
                >
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
