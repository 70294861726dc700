using DChat.Client;
using DChat.Core.Topics;

namespace DChat.EndToEnd.Tests.Crash;

/// <summary>A message that the relay said it has.</summary>
internal sealed record Acknowledged(Topic Topic, string Text, PublishReceipt Receipt);
