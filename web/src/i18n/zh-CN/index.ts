import accounts from "./accounts";
import approvals from "./approvals";
import audit from "./audit";
import balances from "./balances";
import base from "./base";
import cameras from "./cameras";
import cards from "./cards";
import cockpit from "./cockpit";
import demo from "./demo";
import desk from "./desk";
import drills from "./drills";
import devices from "./devices";
import factor from "./factor";
import identity from "./identity";
import falling from "./falling";
import grids from "./grids";
import guests from "./guests";
import partners from "./partners";
import health from "./health";
import imports from "./imports";
import incident from "./incident";
import integrations from "./integrations";
import keyPeople from "./key_people";
import lists from "./lists";
import looks from "./looks";
import modules from "./modules";
import orders from "./orders";
import organisations from "./organisations";
import people from "./people";
import places from "./places";
import quarantine from "./quarantine";
import rosters from "./rosters";
import rules from "./rules";
import shell from "./shell";
import signIn from "./sign_in";
import tasks from "./tasks";
import terminals from "./terminals";
import tour from "./tour";
import ui from "./ui";
import workplace from "./workplace";

export default {
  ui,
  lists,
  shell,
  signIn,
  workplace,
  terminals,
  guests,
  partners,
  tasks,
  grids,
  desk,
  imports,
  incident,
  modules,
  orders,
  devices,
  drills,
  cameras,
  cards,
  falling,
  rosters,
  rules,
  quarantine,
  places,
  people,
  balances,
  base,
  keyPeople,
  organisations,
  accounts,
  factor,
  identity,
  approvals,
  audit,
  looks,
  integrations,
  health,
  cockpit,
  demo,
  tour,
};
