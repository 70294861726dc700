using DChat.Storage.Files;

namespace DChat.Storage.Log.Local.Wal;

/// <summary>
/// Tells a torn write from damage at the end of a WAL file. The log writes a frame only after the one before is durable,
/// and only where the file was zero or at an end, so just the last frame can be torn, and then some sector of it is missing:
/// cut off or still zero. Whatever else is wrong was once acknowledged.
/// </summary>
internal sealed class TailInspector(IFile file, string path, WalFileHeader header)
{
    private const int ChunkLength = 1 << 20;
    private readonly long _length = file.Length;

    /// <summary>Says why the frame that should start at <paramref name="offset"/> is not whole.</summary>
    /// <param name="offset">The end of the last whole frame.</param>
    /// <param name="expectedFrame">The number the frame there should have.</param>
    /// <returns>What is torn; null when the log ends here and nothing but zeros follow.</returns>
    /// <exception cref="Core.DChatException">The frame, or one after it, was acknowledged and is damaged (<c>log-corrupt</c>).</exception>
    public string? FindTear(long offset, ulong expectedFrame)
    {
        Span<byte> block = stackalloc byte[HeaderBlock.Length];
        block = block[..file.Read(block, offset)];
        if (IsZero(block) && IsZeroFrom(offset + block.Length))
        {
            return null;
        }

        var tear = Judge(block, offset, expectedFrame);
        if (FindFrame(offset + HeaderBlock.Length) is { } later)
        {
            throw LogErrors.Corrupt(path, offset, $"frame {expectedFrame} is not whole, but a frame follows at offset {later}");
        }

        return tear;
    }

    private string Judge(ReadOnlySpan<byte> block, long offset, ulong expectedFrame)
    {
        if (IsZero(block))
        {
            return "the sector of the frame's header is missing";
        }

        if (block.Length < HeaderBlock.Length)
        {
            return "the file ends within the frame's header";
        }

        if (!FrameHeader.TryRead(block, header.Salt, out var frame))
        {
            return block[^1] == 0 && IsZeroFrom(offset + block.Length)
                ? "the frame's header is half there"
                : throw LogErrors.Corrupt(path, offset, "neither a frame header nor the end of the log");
        }

        if (frame.Number != expectedFrame)
        {
            throw LogErrors.Corrupt(path, offset, $"frame {frame.Number} stands where frame {expectedFrame} belongs");
        }

        if (offset + frame.Length > _length)
        {
            return "the file ends within the frame";
        }

        var bytes = new byte[frame.Length];
        file.Read(bytes, offset);
        if (!IsZeroFrom(offset + frame.Length))
        {
            throw LogErrors.Corrupt(path, offset, $"frame {frame.Number} is not whole, but more follows it");
        }

        return bytes[^1] == 0 || FrameBuffer.CountZeroSectors(bytes, offset) > frame.ZeroSectors
            ? "sectors of the frame are missing"
            : throw LogErrors.Corrupt(path, offset, $"the checksum of frame {frame.Number} does not match");
    }

    // Only the log knows the salt, so what has it and a good checksum is a frame and nothing a sender made up.
    private long? FindFrame(long offset)
    {
        var chunk = new byte[ChunkLength];
        for (; offset < _length; offset += ChunkLength)
        {
            var bytes = chunk.AsSpan(0, file.Read(chunk, offset));
            for (var at = 0; at + HeaderBlock.Length <= bytes.Length; at += HeaderBlock.Length)
            {
                if (FrameHeader.TryRead(bytes.Slice(at, HeaderBlock.Length), header.Salt, out _))
                {
                    return offset + at;
                }
            }
        }

        return null;
    }

    private bool IsZeroFrom(long offset)
    {
        var chunk = new byte[ChunkLength];
        for (; offset < _length; offset += ChunkLength)
        {
            if (!IsZero(chunk.AsSpan(0, file.Read(chunk, offset))))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsZero(ReadOnlySpan<byte> bytes) => !bytes.ContainsAnyExcept((byte)0);
}
