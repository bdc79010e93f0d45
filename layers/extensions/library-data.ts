/** An environment variable by which a library finds what belongs to it, where it does not lie as it was built for. */
export interface DataFolder {
  readonly variable: string;
  /** Folders from the root of the unpacked packages on; `*` stands for one folder. Those that are there count, all of them. */
  readonly folders: readonly string[];
  /** Instead of those folders themselves. */
  readonly value?: string;
}

/** What unpacked packages need to know. The libraries that are not there read none of it. */
export const DATA_FOLDERS: readonly DataFolder[] = [
  // Coordinate systems and raster formats, for PostGIS. @see https://proj.org/en/stable/usage/environmentvars.html
  { variable: 'PROJ_DATA', folders: ['usr/share/proj'] },
  { variable: 'PROJ_LIB', folders: ['usr/share/proj'] },
  { variable: 'GDAL_DATA', folders: ['usr/share/gdal'] },
  {
    variable: 'PERL5LIB',
    folders: ['usr/lib/*/perl/*', 'usr/share/perl/*', 'usr/lib/*/perl-base', 'usr/lib/*/perl5/*', 'usr/share/perl5'],
  },
  { variable: 'PYTHONHOME', folders: ['usr/lib/python3.*'], value: 'usr' },
  { variable: 'TCL_LIBRARY', folders: ['usr/share/tcltk/tcl8.*'] },
  { variable: 'R_HOME', folders: ['usr/lib/R'] },
  { variable: 'RDBASE', folders: ['usr/share/RDKit'] },
];
