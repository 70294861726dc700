using DChat.Core.Identity;
using DChat.Core.Keys;
using DChat.Core.Shards;
using DChat.Core.Topics;

namespace DChat.Client.Identities;

/// <summary>Looks through topics for what a device has written: of each of its author keys the last sequence.</summary>
internal static class CutoffScan
{
    public static async Task<List<AuthorCutoff>> FindAsync(IDChatClient client, DeviceKey device, IEnumerable<Topic> topics, CancellationToken cancellationToken)
    {
        Dictionary<(TopicTag, uint, AuthorKey), AuthorCutoff> found = [];
        foreach (var topic in topics.DistinctBy(topic => topic.Tag))
        {
            LogPosition? after = null;
            FetchPage page;
            do
            {
                page = await client.FetchAsync(topic, after, FetchPage.MaxMessages, cancellationToken).ConfigureAwait(false);
                foreach (var message in page.Messages.Where(message => message.Device == device))
                {
                    var key = (topic.Tag, message.KeyGeneration, message.Author);
                    var last = Math.Max(message.AuthorSequence, found.GetValueOrDefault(key)?.LastSequence ?? 0);
                    found[key] = new AuthorCutoff(topic, message.KeyGeneration, message.Author, last);
                }

                after = page.Next;
            }
            while (page.HasMore);
        }

        return [.. found.Values];
    }
}
