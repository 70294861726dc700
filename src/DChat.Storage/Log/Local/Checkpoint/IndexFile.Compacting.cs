using DChat.Storage.Files;

namespace DChat.Storage.Log.Local.Checkpoint;

/// <content>Writes the file anew when most of it is of messages that were dropped.</content>
internal sealed partial class IndexFile
{
    /// <summary>A file shorter than this is not written anew: 1 MiB.</summary>
    public const long MinCompacted = 1 << 20;

    private string DraftPath => _path + ".new";

    /// <summary>Writes the file anew without what was dropped, if that is more than half of it. Called by whoever calls <see cref="Write"/>.</summary>
    /// <exception cref="IOException">The file is as it was.</exception>
    public void CompactIfWorth(ShardState[] shards)
    {
        if (_end < MinCompacted)
        {
            return;
        }

        var kept = Array.ConvertAll(shards, shard => shard.Extents().Where(extent => extent.LastSequence > shard.Dropped).ToList());
        if (2 * kept.Sum(extents => extents.Sum(extent => (long)extent.Length)) > _end)
        {
            return;
        }

        if (_fileSystem.Exists(DraftPath))
        {
            _fileSystem.Delete(DraftPath);
        }

        var draft = _fileSystem.Create(DraftPath);
        try
        {
            var end = WriteCommit(draft, Copy(kept, draft), 0, _covered);
            _exchange.EnterWriteLock();
            try
            {
                _fileSystem.Replace(DraftPath, _path);
                _file.Dispose();
                (_file, _end) = (draft, end);
                for (var i = 0; i < shards.Length; i++)
                {
                    shards[i].MoveExtents(kept[i]);
                }
            }
            finally
            {
                _exchange.ExitWriteLock();
            }
        }
        catch
        {
            if (_file != draft)
            {
                draft.Dispose();
            }

            throw;
        }
    }

    private long Copy(List<IndexExtent>[] extents, IFile draft)
    {
        Reserve(WindowLength);
        var offset = 0L;
        foreach (var ofShard in extents)
        {
            for (var i = 0; i < ofShard.Count; i++)
            {
                var block = _window.AsSpan(0, ofShard[i].Length);
                if (_file.Read(block, ofShard[i].Offset) < block.Length)
                {
                    throw new EndOfStreamException($"{_path} ends within a block.");
                }

                draft.Write(block, offset);
                ofShard[i] = ofShard[i] with { Offset = offset };
                offset += block.Length;
            }
        }

        return offset;
    }
}
