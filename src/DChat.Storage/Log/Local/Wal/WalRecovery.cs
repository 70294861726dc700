using DChat.Core.Shards;
using DChat.Storage.Files;
using Microsoft.Extensions.Logging;

namespace DChat.Storage.Log.Local.Wal;

/// <summary>
/// Reads the WAL into the indexes, from where the index checkpoint ends, and makes its tail durable, before anything of it
/// is served.
/// </summary>
internal sealed partial class WalRecovery(WalFiles files, LogId log, ShardState[] shards, ILogger logger)
{
    private const int WindowLength = 2 * FrameHeader.MaxLength;

    private readonly ILogger _logger = logger;
    private readonly FrameApplier _applier = new(files, shards);
    private readonly List<(int Start, FrameHeader Header)> _frames = [];
    private byte[] _window = [];
    private long _recovered;

    /// <summary>Recovers the log.</summary>
    /// <param name="firstFile">The first file that is left.</param>
    /// <param name="from">What the checkpoint covers; null when there is none.</param>
    /// <exception cref="Core.DChatException">The log is damaged (<c>log-corrupt</c>).</exception>
    public WalTail Run(uint firstFile, WalCursor? from)
    {
        var last = FindLastFile(firstFile, atLeast: from?.Position.File ?? firstFile);
        var cursor = from ?? new WalCursor(
            new WalPosition(firstFile, HeaderBlock.Length),
            firstFile == 1 ? 1 : ReadHeader(files.Get(firstFile), files.PathOf(firstFile), firstFile).FirstFrame);
        var first = cursor.Position.File;
        WalTail tail = default;
        for (var number = first; number <= last; number++)
        {
            if (number > first && number == last && IsTornCreation(number))
            {
                LogTornCreation(files.PathOf(number));
                files.Delete(number);
                break;
            }

            if (number > first)
            {
                cursor = cursor with { Position = new WalPosition(number, HeaderBlock.Length) };
            }

            tail = ReadFile(cursor, isFirst: number == first, isLast: number == last);
            cursor = tail.Cursor;
        }

        return tail;
    }

    private uint FindLastFile(uint firstFile, uint atLeast)
    {
        var numbers = files.List();
        for (var number = firstFile; number <= Math.Max(numbers.LastOrDefault(), atLeast); number++)
        {
            if (number - firstFile >= numbers.Length || numbers[number - firstFile] != number)
            {
                throw LogErrors.Corrupt(files.PathOf(number), 0, "the file is missing");
            }
        }

        return numbers[^1];
    }

    // A file is created only after the one before is durable, and holds frames only after its header is.
    private bool IsTornCreation(uint number)
    {
        var file = files.Get(number);
        Span<byte> block = stackalloc byte[HeaderBlock.Length];
        var read = file.Read(block, 0);
        return file.Length <= HeaderBlock.Length && (read < HeaderBlock.Length || block[^1] == 0);
    }

    private WalTail ReadFile(WalCursor cursor, bool isFirst, bool isLast)
    {
        var number = cursor.Position.File;
        var (file, path) = (files.Get(number), files.PathOf(number));
        var header = ReadHeader(file, path, number);
        if (!isFirst && header.FirstFrame != cursor.NextFrame)
        {
            throw LogErrors.Corrupt(path, 0, $"the file starts with frame {header.FirstFrame} where frame {cursor.NextFrame} belongs");
        }

        if (cursor.Position.Offset > file.Length)
        {
            throw LogErrors.Corrupt(path, file.Length, $"the file ends before offset {cursor.Position.Offset}, which was durable");
        }

        var (end, lastFrame) = ReadFrames(file, header, cursor);
        var tear = new TailInspector(file, path, header).FindTear(end.Position.Offset, end.NextFrame);
        if (tear is not null && !isLast)
        {
            throw LogErrors.Corrupt(path, end.Position.Offset, $"{tear}, but another file follows");
        }

        if (isLast)
        {
            MakeDurable(file, path, end, lastFrame, tear);
        }

        return new WalTail(header, end, _recovered);
    }

    private WalFileHeader ReadHeader(IFile file, string path, uint number)
    {
        Span<byte> block = stackalloc byte[HeaderBlock.Length];
        block = block[..file.Read(block, 0)];
        return WalFileHeader.TryRead(block, out var header) && header.Number == number && header.Log == log
            ? header
            : throw LogErrors.Corrupt(path, 0, $"not the header of file {number} of log {log}");
    }

    private (WalCursor End, (long Offset, int Length) LastFrame) ReadFrames(IFile file, WalFileHeader header, WalCursor cursor)
    {
        var lastFrame = (Offset: 0L, Length: 0);
        var wanted = (int)Math.Min(WindowLength, file.Length - cursor.Position.Offset);
        _window = _window.Length < wanted ? GC.AllocateUninitializedArray<byte>(wanted) : _window;
        while (true)
        {
            var (position, next) = cursor;
            var window = _window.AsMemory(0, file.Read(_window, position.Offset));
            FindFrames(window.Span, header.Salt, next);
            var whole = CountWhole(window);
            if (whole == 0)
            {
                return (cursor, lastFrame);
            }

            _frames.RemoveRange(whole, _frames.Count - whole);
            _applier.Apply(position, window, _frames);
            var (start, last) = _frames[^1];
            var end = start + last.Length;
            _recovered += end;
            lastFrame = (position.Offset + start, last.Length);
            cursor = new WalCursor(position with { Offset = position.Offset + end }, last.Number + 1);
        }
    }

    private void FindFrames(ReadOnlySpan<byte> window, ulong salt, ulong number)
    {
        _frames.Clear();
        for (var at = 0; at + HeaderBlock.Length <= window.Length;)
        {
            var block = window.Slice(at, HeaderBlock.Length);
            if (!FrameHeader.TryRead(block, salt, out var frame) || frame.Number != number || frame.Length > window.Length - at)
            {
                return;
            }

            _frames.Add((at, frame));
            at += frame.Length;
            number++;
        }
    }

    private int CountWhole(ReadOnlyMemory<byte> window)
    {
        var result = Parallel.For(0, _frames.Count, (i, loop) =>
        {
            var (start, header) = _frames[i];
            if (!header.Matches(window.Span.Slice(start, header.Length)))
            {
                loop.Break();
            }
        });
        return (int)(result.LowestBreakIteration ?? _frames.Count);
    }

    // The log may have stopped because a sync failed. The kernel then counts pages as clean that never reached the disk, so
    // syncing alone proves nothing: the last frame, the only one that can be meant, is written again before it is served. A
    // file's header shares its sector with the first frame, so it is written again with that; without a frame it is the header that
    // may be meant.
    private void MakeDurable(IFile file, string path, WalCursor end, (long Offset, int Length) lastFrame, string? tear)
    {
        var offset = end.Position.Offset;
        if (tear is not null)
        {
            LogTornTail(path, offset, file.Length - offset, tear);
            file.SetLength(offset);
        }

        var (again, length) = lastFrame.Length > 0 ? lastFrame : (0, HeaderBlock.Length);
        var bytes = lastFrame.Length > 0 ? _window.AsSpan(0, length) : stackalloc byte[HeaderBlock.Length];
        file.Read(bytes, again);
        file.Write(bytes, again);
        file.Sync();
        files.SyncDirectory();
    }
}
