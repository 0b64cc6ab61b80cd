import desk from "./desk";
import incident from "./incident";
import orders from "./orders";
import shell from "./shell";
import signIn from "./sign_in";
import ui from "./ui";

export default { ui, shell, signIn, desk, incident, orders };
