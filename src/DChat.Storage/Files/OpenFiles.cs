namespace DChat.Storage.Files;

/// <summary>
/// Reads any number of files with a bounded number of them open: the one that was not read for the longest time is closed when another is
/// needed. A file that is being read stays open until that is done.
/// </summary>
internal sealed class OpenFiles(IFileSystem fileSystem, int limit) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, LinkedListNode<Entry>> _byPath = [];
    private readonly LinkedList<Entry> _newestFirst = [];
    private bool _isDisposed;

    /// <summary>How many are open.</summary>
    public int Count { get { lock (_gate) { return _newestFirst.Count; } } }

    /// <summary>A file that is there.</summary>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public IReadFile Open(string path) => new ReadFile(this, path);

    /// <summary>Closes a file, which is about to be deleted.</summary>
    public void Close(string path)
    {
        lock (_gate)
        {
            if (_byPath.TryGetValue(path, out var node))
            {
                Remove(node);
            }
        }
    }

    /// <summary>Closes all files.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
            while (_newestFirst.Last is { } last)
            {
                Remove(last);
            }
        }
    }

    private Entry Take(string path)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (_byPath.TryGetValue(path, out var node))
            {
                _newestFirst.Remove(node);
                _newestFirst.AddFirst(node);
            }
            else
            {
                _byPath[path] = node = _newestFirst.AddFirst(new Entry(path, fileSystem.Open(path)));
            }

            node.Value.Readers++;
            for (var last = _newestFirst.Last; last is not null && _newestFirst.Count > limit;)
            {
                var before = last.Previous;
                if (last.Value.Readers == 0)
                {
                    Remove(last);
                }

                last = before;
            }

            return node.Value;
        }
    }

    private void Return(Entry entry)
    {
        lock (_gate)
        {
            if (--entry.Readers == 0 && entry.IsRemoved)
            {
                entry.File.Dispose();
            }
        }
    }

    private void Remove(LinkedListNode<Entry> node)
    {
        _newestFirst.Remove(node);
        _byPath.Remove(node.Value.Path);
        node.Value.IsRemoved = true;
        if (node.Value.Readers == 0)
        {
            node.Value.File.Dispose();
        }
    }

    private sealed class Entry(string path, IFile file)
    {
        public string Path => path;

        public IFile File => file;

        public int Readers { get; set; }

        public bool IsRemoved { get; set; }
    }

    private sealed class ReadFile : IReadFile
    {
        private readonly OpenFiles _files;
        private readonly string _path;

        public ReadFile(OpenFiles files, string path)
        {
            (_files, _path) = (files, path);
            var entry = files.Take(path);
            try
            {
                Length = entry.File.Length;
            }
            finally
            {
                files.Return(entry);
            }
        }

        public long Length { get; }

        public int Read(Span<byte> destination, long offset)
        {
            var entry = _files.Take(_path);
            try
            {
                return entry.File.Read(destination, offset);
            }
            finally
            {
                _files.Return(entry);
            }
        }
    }
}
