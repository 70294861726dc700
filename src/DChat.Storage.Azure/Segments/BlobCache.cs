namespace DChat.Storage.Azure.Segments;

/// <summary>
/// What was read of files lately, in pieces, up to a number of bytes: beyond it, what was not asked for the longest time goes. A blob that is
/// opened again is another file, so that one which was restored is not taken for damaged.
/// </summary>
/// <param name="maxBytes">How much is kept; a longer piece is not.</param>
internal sealed class BlobCache(long maxBytes)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(object File, long Offset), LinkedListNode<Piece>> _pieces = [];
    private readonly LinkedList<Piece> _newestFirst = [];

    private long _bytes;

    /// <summary>How many bytes it keeps now.</summary>
    public long Bytes { get { lock (_gate) { return _bytes; } } }

    /// <summary>A piece; null when it is not kept.</summary>
    public ReadOnlyMemory<byte>? Find(object file, long offset)
    {
        lock (_gate)
        {
            if (!_pieces.TryGetValue((file, offset), out var node))
            {
                return null;
            }

            _newestFirst.Remove(node);
            _newestFirst.AddFirst(node);
            return node.Value.Content;
        }
    }

    /// <summary>Keeps a piece, and lets go of others.</summary>
    public void Keep(object file, long offset, ReadOnlyMemory<byte> content)
    {
        lock (_gate)
        {
            if (content.Length == 0 || content.Length > maxBytes || _pieces.ContainsKey((file, offset)))
            {
                return;
            }

            _pieces[(file, offset)] = _newestFirst.AddFirst(new Piece(file, offset, content));
            _bytes += content.Length;
            while (_bytes > maxBytes)
            {
                var oldest = _newestFirst.Last!.Value;
                _newestFirst.RemoveLast();
                _pieces.Remove((oldest.File, oldest.Offset));
                _bytes -= oldest.Content.Length;
            }
        }
    }

    private sealed record Piece(object File, long Offset, ReadOnlyMemory<byte> Content);
}
