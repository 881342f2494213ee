using System.Text.Json;
using DaxEmu.Contract;
using DaxEmu.Daemon.Admin;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace DaxEmu.Daemon.Journal;

/// <summary>
/// The journal in a SQLite file, so that it outlives the daemon, however that ends: each event is written before the decision is told.
/// Questions are answered from memory. When the file cannot be written, the daemon goes on without it and says so.
/// </summary>
internal sealed partial class SqliteJournal : IContractJournal, IDisposable
{
    private const int SchemaVersion = 1;

    private readonly BoundedJournal _memory;
    private readonly int _capacity;
    private readonly ILogger<SqliteJournal> _log;
    private readonly Lock _lock = new();
    private SqliteConnection? _file;
    private SqliteCommand? _insert;
    private SqliteCommand? _trim;
    private long _untrimmed;
    private long _unwritten;

    /// <summary>Opens the file, or makes it. One that is no journal is put aside.</summary>
    /// <param name="path">The file; its directory exists.</param>
    /// <param name="capacity">Events kept; the oldest are dropped first.</param>
    /// <param name="log">Told what goes wrong with the file.</param>
    public SqliteJournal(string path, int capacity, ILogger<SqliteJournal> log)
    {
        _memory = new BoundedJournal(capacity);
        _capacity = capacity;
        _log = log;
        Path = path;
        try
        {
            Open();
        }
        catch (SqliteException damaged) when (damaged.SqliteErrorCode is SQLitePCL.raw.SQLITE_CORRUPT or SQLitePCL.raw.SQLITE_NOTADB)
        {
            PutAside(damaged);
        }
        catch (Exception unusable) when (unusable is SqliteException or IOException or UnauthorizedAccessException)
        {
            Close();
            LogUnusable(path, unusable.Message);
        }
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>Events that are in memory only, because the file could not be written.</summary>
    public long Unwritten => Volatile.Read(ref _unwritten);

    /// <inheritdoc/>
    public void Append(ContractEvent entry)
    {
        lock (_lock)
        {
            Write(_memory.Number(entry));
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<ContractEvent> Of(FileIdentity? file = null) => _memory.Of(file);

    /// <inheritdoc/>
    public EventFollower Follow() => _memory.Follow();

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            Close();
        }
    }

    private void Open()
    {
        // Made by us, not by SQLite: the events name other users' files and programs.
        File.Open(Path, new FileStreamOptions
        {
            Mode = FileMode.OpenOrCreate,
            Access = FileAccess.ReadWrite,
            Share = FileShare.ReadWrite,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        }).Dispose();
        _file = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = Path, Pooling = false }.ToString());
        _file.Open();

        // One daemon owns the directory, so one process owns the file. In WAL mode a commit is a write(2): it survives the process, which is
        // what is promised; only a checkpoint waits for the disk.
        Execute("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;");
        long version = Scalar("PRAGMA user_version");
        if (version is not (0 or SchemaVersion))
        {
            throw new SqliteException($"schema version {version} is not {SchemaVersion}", SQLitePCL.raw.SQLITE_NOTADB);
        }

        Execute($"CREATE TABLE IF NOT EXISTS events (sequence INTEGER PRIMARY KEY, event TEXT NOT NULL); PRAGMA user_version = {SchemaVersion};");
        _memory.Restore(Read());
        _insert = Command("INSERT INTO events (sequence, event) VALUES ($sequence, $event)");
        _insert.Parameters.Add("$sequence", SqliteType.Integer);
        _insert.Parameters.Add("$event", SqliteType.Text);
        _insert.Prepare();
        _trim = Command("DELETE FROM events WHERE sequence <= $sequence");
        _trim.Parameters.Add("$sequence", SqliteType.Integer);
    }

    private IEnumerable<ContractEvent> Read()
    {
        using SqliteCommand command = Command("SELECT sequence, event FROM events ORDER BY sequence DESC LIMIT $capacity");
        command.Parameters.AddWithValue("$capacity", _capacity);
        using SqliteDataReader rows = command.ExecuteReader();
        long unreadable = 0;
        while (rows.Read())
        {
            if (Parse(rows.GetString(1)) is { } entry)
            {
                yield return entry with { Sequence = rows.GetInt64(0) };
            }
            else
            {
                unreadable++;
            }
        }

        if (unreadable > 0)
        {
            LogUnreadable(unreadable, Path);
        }
    }

    private static ContractEvent? Parse(string text)
    {
        try
        {
            return JsonSerializer.Deserialize(text, AdminJson.OneLine.ContractEvent);
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or ArgumentException or KeyNotFoundException or InvalidOperationException)
        {
            return null;
        }
    }

    // Under the lock of the event's file as well: it must not throw.
    private void Write(ContractEvent entry)
    {
        if (_insert is null)
        {
            _unwritten++;
            return;
        }

        try
        {
            _insert.Parameters[0].Value = entry.Sequence;
            _insert.Parameters[1].Value = JsonSerializer.Serialize(entry, AdminJson.OneLine.ContractEvent);
            _insert.ExecuteNonQuery();
            if (++_untrimmed >= Math.Max(_capacity / 8, 1))
            {
                _trim!.Parameters[0].Value = entry.Sequence - _capacity;
                _trim.ExecuteNonQuery();
                _untrimmed = 0;
            }

            if (_unwritten > 0)
            {
                LogWritable(Path, _unwritten);
                _unwritten = 0;
            }
        }
        catch (SqliteException e)
        {
            // The next one is tried again: a full disk may not stay full.
            if (_unwritten++ == 0)
            {
                LogUnusable(Path, e.Message);
            }
        }
    }

    private void PutAside(SqliteException damaged)
    {
        Close();
        string aside = Path + ".damaged";
        try
        {
            File.Move(Path, aside, overwrite: true);
            File.Delete(Path + "-wal");
            LogPutAside(Path, damaged.Message, aside);
            Open();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or SqliteException)
        {
            Close();
            LogUnusable(Path, e.Message);
        }
    }

    private void Close()
    {
        _insert?.Dispose();
        _trim?.Dispose();
        _file?.Dispose();
        (_insert, _trim, _file) = (null, null, null);
    }

    private SqliteCommand Command(string text)
    {
        SqliteCommand command = _file!.CreateCommand();
        // All text is a constant of this class.
#pragma warning disable CA2100
        command.CommandText = text;
#pragma warning restore CA2100
        return command;
    }

    private void Execute(string text)
    {
        using SqliteCommand command = Command(text);
        command.ExecuteNonQuery();
    }

    private long Scalar(string text)
    {
        using SqliteCommand command = Command(text);
        return (long)command.ExecuteScalar()!;
    }

    [LoggerMessage(40, LogLevel.Warning, "The journal {Path} cannot be written ({Problem}): decisions are kept in memory only, until it can")]
    private partial void LogUnusable(string path, string problem);

    [LoggerMessage(41, LogLevel.Warning, "The journal {Path} can be written again; {Events} decisions are missing in it")]
    private partial void LogWritable(string path, long events);

    [LoggerMessage(42, LogLevel.Warning, "The journal {Path} is no journal of this daemon ({Problem}): it was moved to {Aside} and a new one begun")]
    private partial void LogPutAside(string path, string problem, string aside);

    [LoggerMessage(43, LogLevel.Warning, "{Events} decisions in the journal {Path} could not be read and are passed over")]
    private partial void LogUnreadable(long events, string path);
}
