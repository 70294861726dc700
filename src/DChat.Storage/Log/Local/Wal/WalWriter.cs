using System.Diagnostics;
using DChat.Abstractions.Files;
using DChat.Storage.Files;

namespace DChat.Storage.Log.Local.Wal;

/// <summary>Writes frames to the end of the WAL. One thread uses it; after any exception it must not be used again.</summary>
internal sealed class WalWriter
{
    /// <summary>
    /// How far ahead of small frames the file is filled with zeros: overwriting them syncs in about two thirds of the time
    /// of making the file longer, because the file's metadata stay as they are.
    /// </summary>
    public const int ZeroStep = 1 << 20;

    private static readonly byte[] Zeros = new byte[ZeroStep];

    private readonly WalFiles _files;
    private readonly long _segmentBytes;
    private WalFileHeader _header;
    private IFile _file;
    private long _end;
    private long _length;
    private ulong _nextFrame;

    /// <summary>Goes on where recovery ended.</summary>
    public WalWriter(WalFiles files, long segmentBytes, WalTail tail)
    {
        _files = files;
        _segmentBytes = segmentBytes;
        _header = tail.Header;
        _file = files.Get(tail.Header.Number);
        _end = tail.Cursor.Position.Offset;
        _length = _file.Length;
        _nextFrame = tail.Cursor.NextFrame;
        DurableFile = _header.Number;
    }

    /// <summary>The end of the last durable frame.</summary>
    public WalCursor Cursor => new(new WalPosition(_header.Number, _end), _nextFrame);

    /// <summary>
    /// The newest file with a header that is certainly on the disk: recovery has made it so, or a frame has been synced in it since.
    /// </summary>
    public uint DurableFile { get; private set; }

    /// <summary>How long the last sync took.</summary>
    public TimeSpan LastSync { get; private set; }

    /// <summary>Writes a frame and returns when it is durable.</summary>
    /// <param name="buffer">Holds at least one record.</param>
    /// <param name="position">Where the frame starts.</param>
    /// <returns>False when the disk is full; nothing is left behind then, and the same frame may be tried again.</returns>
    /// <exception cref="IOException">The end of the log is now unknown.</exception>
    public bool TryAppend(FrameBuffer buffer, out WalPosition position)
    {
        position = default;
        if (_end > HeaderBlock.Length && _end + buffer.Length > _segmentBytes && !TryRotate())
        {
            return false;
        }

        position = Cursor.Position;
        ZeroAhead(buffer.Length);
        var frame = buffer.Seal(_end, _header.Salt, _nextFrame);
        try
        {
            _file.Write(frame, _end);
        }
        catch (IOException e) when (FileFaults.IsDiskFull(e))
        {
            _file.SetLength(_end);
            _length = _end;
            return false;
        }

        var started = Stopwatch.GetTimestamp();
        _file.Sync();
        LastSync = Stopwatch.GetElapsedTime(started);
        DurableFile = _header.Number;
        _end += frame.Length;
        _length = Math.Max(_length, _end);
        _nextFrame++;
        return true;
    }

    /// <summary>Whether a disk that was full takes bytes again: tries with zeros ahead of the end, or the next file, as a frame would.</summary>
    /// <exception cref="IOException">The end of the log is now unknown.</exception>
    public bool HasRoom()
    {
        var step = (int)Math.Min(ZeroStep, Math.Max(0, _segmentBytes - _length));
        return step > 0 ? TryZero(step) : TryRotate();
    }

    private bool TryRotate()
    {
        var number = _header.Number + 1;
        try
        {
            _header = _files.Create(_header.Log, number, _nextFrame);
        }
        catch (IOException e) when (FileFaults.IsDiskFull(e))
        {
            _files.Delete(number);
            return false;
        }

        _file = _files.Get(number);
        _end = _length = HeaderBlock.Length;
        return true;
    }

    // Zeros do not pay for large frames: writing their own bytes takes longer than the metadata.
    private void ZeroAhead(int frameLength)
    {
        var step = (int)Math.Min(ZeroStep, _segmentBytes - _length);
        if (frameLength > ZeroStep / 4 || _end + frameLength <= _length || step <= 0)
        {
            return;
        }

        // When the zeros do not fit on the disk, the frame itself may still fit.
        TryZero(step);
    }

    private bool TryZero(int step)
    {
        try
        {
            _file.Write(Zeros.AsSpan(0, step), _length);
            _length += step;
            return true;
        }
        catch (IOException e) when (FileFaults.IsDiskFull(e))
        {
            _file.SetLength(_length);
            return false;
        }
    }
}
