using DChat.Storage.Files;

namespace DChat.Testing.Simulation;

/// <summary>
/// A file system in memory that can lose power, fail any call, run full, and lets a test watch and hold calls. It keeps
/// names of files and what they hold apart from what of it is durable.
/// </summary>
internal sealed class SimulatedDisk : IFileSystem
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, SimulatedFile> _durableNames;
    private readonly List<NameChange> _unsyncedNames = [];
    private readonly HashSet<string> _locks = [];
    private readonly Dictionary<string, SimulatedFile> _names;
    private bool _isOff;

    public SimulatedDisk()
        : this([])
    {
    }

    private SimulatedDisk(Dictionary<string, SimulatedFile> files)
    {
        _durableNames = files;
        _names = new Dictionary<string, SimulatedFile>(files);
    }

    /// <summary>Runs before each call, on its thread; may hold it, or make it fail.</summary>
    public Func<DiskCall, DiskFault?>? Before { get; set; }

    /// <summary>Looks at each read before it is done: path, offset, length. May make it fail.</summary>
    public Func<string, long, int, Exception?>? BeforeRead { get; set; }

    /// <summary>The most bytes all files may have together.</summary>
    public long Capacity { get; set; } = long.MaxValue;

    /// <summary>The bytes that all files have together.</summary>
    public long Used => Locked(() => _names.Values.Sum(file => (long)file.Length));

    /// <summary>The calls so far.</summary>
    public List<DiskCall> Calls { get; } = [];

    /// <summary>How often files have been read.</summary>
    public int Reads { get; private set; }

    /// <summary>The content of a file by the end of its path.</summary>
    public byte[] this[string suffix]
    {
        get => Locked(() => _names.Single(pair => pair.Key.EndsWith(suffix, StringComparison.Ordinal)).Value.Content);
        set => Locked(() =>
        {
            var name = _names.Keys.Single(name => name.EndsWith(suffix, StringComparison.Ordinal));
            return _names[name] = _durableNames[name] = SimulatedFile.Of(value);
        });
    }

    /// <summary>A disk with the same content, all of it durable, and no process using it.</summary>
    public SimulatedDisk Copy() => Locked(() => new SimulatedDisk(_names.ToDictionary(pair => pair.Key, pair => SimulatedFile.Of(pair.Value.Content))));

    /// <summary>The process is killed: what it wrote is seen by the next, durable or not.</summary>
    /// <returns>The disk as the next start finds it; this one no longer works.</returns>
    public SimulatedDisk KillProcess() => Locked(() =>
    {
        _isOff = true;
        var clones = _names.Values.Concat(_durableNames.Values).Concat(_unsyncedNames.Select(change => change.File))
            .Distinct().ToDictionary(file => file, file => file.Clone());
        var next = new SimulatedDisk(_durableNames.ToDictionary(pair => pair.Key, pair => clones[pair.Value]));
        foreach (var change in _unsyncedNames)
        {
            next.ChangeName(change with { File = clones[change.File] });
        }

        return next;
    });

    /// <summary>The power is lost: nothing works any more.</summary>
    /// <param name="survives">Decides for each thing that was not synced whether it reached the disk.</param>
    /// <returns>The disk as the next start finds it.</returns>
    public SimulatedDisk LosePower(Func<bool> survives) => Locked(() =>
    {
        _isOff = true;
        foreach (var change in _unsyncedNames.TakeWhile(_ => survives()))
        {
            change.ApplyTo(_durableNames);
        }

        return new SimulatedDisk(_durableNames.ToDictionary(pair => pair.Key, pair => SimulatedFile.Of(pair.Value.AfterPowerLoss(survives))));
    });

    /// <summary>The power is lost; all of what was not synced, none of it, or some of it by chance has reached the disk.</summary>
    public SimulatedDisk LosePower(Random random)
    {
        var odds = random.Next(3);
        return LosePower(() => odds == 2 || (odds == 1 && random.Next(2) == 0));
    }

    /// <summary>Whether a power loss at this moment would leave these bytes in some file, next to each other.</summary>
    public bool HoldsDurably(ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            // What is asked for is mostly in the newest file.
            foreach (var file in _durableNames.Values.Reverse())
            {
                if (file.Durable.IndexOf(bytes) >= 0)
                {
                    return true;
                }
            }

            return false;
        }
    }

    public void CreateDirectory(string path)
    {
    }

    public IDisposable? TryLock(string path) => Locked(() => _locks.Add(path) ? new Held(this, path) : null);

    public bool Exists(string path) => Locked(() => _names.ContainsKey(path));

    public IReadOnlyList<string> List(string directory) =>
        Locked(() => _names.Keys.Where(path => Path.GetDirectoryName(path) == directory).Select(path => Path.GetFileName(path)).ToList());

    public IFile Open(string path) => Locked(() => new OpenFile(
        this, path, _names.GetValueOrDefault(path) ?? throw new FileNotFoundException($"{path} is not there.", path)));

    public IFile Create(string path) => Call(new DiskCall(DiskOperation.Create, path, 0, 0), () =>
    {
        var file = new SimulatedFile();
        if (_names.ContainsKey(path))
        {
            throw new IOException($"{path} exists.");
        }

        ChangeName(new NameChange(path, file));
        return new OpenFile(this, path, file);
    });

    public void Replace(string source, string destination) => Call(new DiskCall(DiskOperation.Replace, destination, 0, 0), () =>
    {
        ChangeName(new NameChange(destination, _names[source], source));
        return true;
    });

    public void Delete(string path) => Call(new DiskCall(DiskOperation.Delete, path, 0, 0), () =>
    {
        if (_names.TryGetValue(path, out var file))
        {
            ChangeName(new NameChange(null, file, path));
        }

        return true;
    });

    public long AvailableBytes(string directory) => Math.Max(0, Capacity - Used);

    public void SyncDirectory(string path) => Call(new DiskCall(DiskOperation.SyncDirectory, path, 0, 0), () =>
    {
        _unsyncedNames.Where(change => change.Directory == path).ToList().ForEach(change => change.ApplyTo(_durableNames));
        _unsyncedNames.RemoveAll(change => change.Directory == path);
        return true;
    });

    private void ChangeName(NameChange change)
    {
        change.ApplyTo(_names);
        _unsyncedNames.Add(change);
    }

    private T Call<T>(DiskCall call, Func<T> work, Action<DiskFault>? fail = null)
    {
        var fault = Before?.Invoke(call);
        lock (_gate)
        {
            ThrowIfOff();
            Calls.Add(call);
            if (fault is not null)
            {
                fail?.Invoke(fault);
                throw fault.Error;
            }

            return work();
        }
    }

    private T Locked<T>(Func<T> work)
    {
        lock (_gate)
        {
            ThrowIfOff();
            return work();
        }
    }

    private void ThrowIfOff()
    {
        if (_isOff)
        {
            throw new IOException("The power is off.");
        }
    }

    private sealed record NameChange(string? Path, SimulatedFile File, string? OldPath = null)
    {
        public string? Directory => System.IO.Path.GetDirectoryName(Path ?? OldPath);

        public void ApplyTo(Dictionary<string, SimulatedFile> names)
        {
            if (OldPath is not null)
            {
                names.Remove(OldPath);
            }

            if (Path is not null)
            {
                names[Path] = File;
            }
        }
    }

    private sealed class Held(SimulatedDisk disk, string path) : IDisposable
    {
        public void Dispose()
        {
            lock (disk._gate)
            {
                disk._locks.Remove(path);
            }
        }
    }

    private sealed class OpenFile(SimulatedDisk disk, string path, SimulatedFile file) : IFile
    {
        private bool _isClosed;

        public long Length => disk.Locked(() => file.Length);

        public int Read(Span<byte> destination, long offset)
        {
            if (disk.BeforeRead?.Invoke(path, offset, destination.Length) is { } error)
            {
                throw error;
            }

            lock (disk._gate)
            {
                disk.ThrowIfOff();
                ObjectDisposedException.ThrowIf(_isClosed, this);
                disk.Reads++;
                return file.Read(destination, offset);
            }
        }

        public void Write(ReadOnlySpan<byte> source, long offset)
        {
            var bytes = source.ToArray();
            disk.Call(
                new DiskCall(DiskOperation.Write, path, offset, bytes.Length),
                () => WriteWithinCapacity(bytes, (int)offset),
                fault => file.Write(bytes.AsSpan(0, fault.BytesWritten), (int)offset));
        }

        public void SetLength(long length) => disk.Call(new DiskCall(DiskOperation.SetLength, path, length, 0), () =>
        {
            file.SetLength((int)length);
            return true;
        });

        public void Sync() => disk.Call(
            new DiskCall(DiskOperation.Sync, path, 0, 0),
            () =>
            {
                file.Sync();
                return true;
            },
            _ => file.FailSync());

        public void Dispose() => _isClosed = true;

        private bool WriteWithinCapacity(byte[] bytes, int offset)
        {
            var room = file.Length + disk.Capacity - disk._names.Values.Sum(other => (long)other.Length) - offset;
            var count = (int)Math.Clamp(room, 0, bytes.Length);
            file.Write(bytes.AsSpan(0, count), offset);
            return count == bytes.Length ? true : throw DiskFault.NoSpace().Error;
        }
    }
}
