using DChat.Libp2p.Peers;
using DChat.Libp2p.Swarm;

namespace DChat.Libp2p.Host;

/// <content>Keeps peers across restarts.</content>
public sealed partial class Libp2pHost
{
    private readonly SemaphoreSlim _savingPeers = new(1, 1);

    /// <summary>Reads the file of peers, if there is one. A damaged one is put aside: it must not keep the host from starting.</summary>
    private void LoadPeers()
    {
        if (_options.PeerStore.Path is not { } path)
        {
            return;
        }

        try
        {
            Store.Import(PeerStoreFile.Read(path));
        }
        catch (Exception e) when (e is Libp2pException or IOException or UnauthorizedAccessException)
        {
            _logger.PeersNotRead(e, path);
            PeerStoreFile.PutAside(path);
        }

        _tasks.Run(SavePeersRegularlyAsync);
    }

    private async Task SavePeersRegularlyAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(_options.PeerStore.SaveInterval, Time, _stopping.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            await SavePeersAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Writes the file of peers, if there is one. What fails is logged: peers are found again.</summary>
    private async Task SavePeersAsync()
    {
        if (_options.PeerStore.Path is not { } path)
        {
            return;
        }

        // One at a time: all write the same file first, and move it then.
        await _savingPeers.WaitAsync().ConfigureAwait(false);
        try
        {
            await PeerStoreFile.WriteAsync(path, Store.Export()).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _logger.PeersNotWritten(e, path);
        }
        finally
        {
            _savingPeers.Release();
        }
    }
}
