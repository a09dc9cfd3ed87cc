-- The settings of the analysis from an offset of the log on, so that a fold from its beginning gives the same again.
-- With starts_over the analysis was at its beginning, or read the log from its beginning again with these settings.
create table analysis_settings (
    partition    integer not null,
    from_offset  bigint not null,
    starts_over  boolean not null,
    settings     text not null,
    primary key (partition, from_offset)
);
