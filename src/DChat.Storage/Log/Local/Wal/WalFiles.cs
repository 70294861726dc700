using System.Globalization;
using System.Security.Cryptography;
using DChat.Core.Shards;
using DChat.Storage.Files;

namespace DChat.Storage.Log.Local.Wal;

/// <summary>The numbered files of the WAL. Opens each once, for reading and writing, and keeps it open.</summary>
internal sealed class WalFiles(IFileSystem fileSystem, string directory) : IDisposable
{
    private const string Extension = ".wal";

    private readonly Lock _gate = new();
    private readonly Dictionary<uint, IFile> _open = [];
    private readonly HashSet<uint> _deleted = [];
    private bool _isDisposed;

    /// <summary>The directory.</summary>
    public string Directory => directory;

    /// <summary>The path of a file.</summary>
    public string PathOf(uint number) =>
        Path.Combine(directory, number.ToString("D8", CultureInfo.InvariantCulture) + Extension);

    /// <summary>The numbers of the files that are there, ascending.</summary>
    public uint[] List() =>
    [
        .. fileSystem.List(directory)
            .Where(name => name.EndsWith(Extension, StringComparison.Ordinal))
            .Select(name => uint.TryParse(name.AsSpan(0, name.Length - Extension.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : 0)
            .Where(number => number > 0)
            .Order(),
    ];

    /// <summary>Whether a file has been deleted since the log was opened.</summary>
    public bool IsDeleted(uint number)
    {
        lock (_gate)
        {
            return _deleted.Contains(number);
        }
    }

    /// <summary>The file, open.</summary>
    /// <exception cref="ObjectDisposedException">The log is closed, or the file was deleted.</exception>
    public IFile Get(uint number)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed || _deleted.Contains(number), typeof(LocalShardLog));
            if (!_open.TryGetValue(number, out var file))
            {
                _open[number] = file = fileSystem.Open(PathOf(number));
            }

            return file;
        }
    }

    /// <summary>Creates a file with its header; durable when this returns.</summary>
    public WalFileHeader Create(LogId log, uint number, ulong firstFrame)
    {
        Span<byte> salt = stackalloc byte[sizeof(ulong)];
        RandomNumberGenerator.Fill(salt);
        var header = new WalFileHeader(log, number, BitConverter.ToUInt64(salt), firstFrame);
        var file = fileSystem.Create(PathOf(number));
        lock (_gate)
        {
            _deleted.Remove(number);
            _open[number] = file;
        }

        Span<byte> block = stackalloc byte[HeaderBlock.Length];
        header.Write(block);
        file.Write(block, 0);
        file.Sync();
        fileSystem.SyncDirectory(directory);
        return header;
    }

    /// <summary>Deletes a file, durably.</summary>
    public void Delete(uint number)
    {
        lock (_gate)
        {
            _deleted.Add(number);
            if (_open.Remove(number, out var file))
            {
                file.Dispose();
            }
        }

        fileSystem.Delete(PathOf(number));
        fileSystem.SyncDirectory(directory);
    }

    /// <summary>Returns when the directory is on stable storage.</summary>
    public void SyncDirectory() => fileSystem.SyncDirectory(directory);

    /// <summary>Closes all files.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
            foreach (var file in _open.Values)
            {
                file.Dispose();
            }
        }
    }
}
