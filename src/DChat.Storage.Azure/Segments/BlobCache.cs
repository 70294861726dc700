namespace DChat.Storage.Azure.Segments;

/// <summary>What was read of blobs lately, in pieces, up to a number of bytes: beyond it, what was not asked for the longest time goes.</summary>
/// <param name="maxBytes">How much is kept; a longer piece is not.</param>
internal sealed class BlobCache(long maxBytes)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Blob, long Offset), LinkedListNode<Piece>> _pieces = [];
    private readonly LinkedList<Piece> _newestFirst = [];

    /// <summary>How many bytes it keeps now.</summary>
    public long Bytes { get { lock (_gate) { return _bytes; } } }

    private long _bytes;

    /// <summary>A piece; null when it is not kept.</summary>
    public ReadOnlyMemory<byte>? Find(string blob, long offset)
    {
        lock (_gate)
        {
            if (!_pieces.TryGetValue((blob, offset), out var node))
            {
                return null;
            }

            _newestFirst.Remove(node);
            _newestFirst.AddFirst(node);
            return node.Value.Content;
        }
    }

    /// <summary>Keeps a piece, and lets go of others.</summary>
    public void Keep(string blob, long offset, ReadOnlyMemory<byte> content)
    {
        lock (_gate)
        {
            if (_pieces.ContainsKey((blob, offset)) || content.Length > maxBytes)
            {
                return;
            }

            _pieces[(blob, offset)] = _newestFirst.AddFirst(new Piece(blob, offset, content));
            _bytes += content.Length;
            while (_bytes > maxBytes)
            {
                var oldest = _newestFirst.Last!.Value;
                _newestFirst.RemoveLast();
                _pieces.Remove((oldest.Blob, oldest.Offset));
                _bytes -= oldest.Content.Length;
            }
        }
    }

    private sealed record Piece(string Blob, long Offset, ReadOnlyMemory<byte> Content);
}
